"""Orders and filters on a pile: each by the book, row by row; the same every time; every review reachable."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.triage.decision import Note
from core.triage.decisions import DecisionLog
from core.triage.orders import ORDERS
from core.triage.pile_data import PileData
from tests.conftest import made_reviews
from tests.core.scores.bench import answer
from tests.core.triage.bench import decision, made_pile, use_model

ROWS = 60
LABELS = ("negative", "positive", "other")


@pytest.fixture
def pile(tmp_path: Path) -> PileData:
    """Reviews with labels, scored by two models with three classes; some texts twice, one nearly so."""
    texts = [f"{text} {number % 7}" for number, (text, _) in enumerate(made_reviews(ROWS - 6, 4))]
    texts += [texts[3], texts[3].upper(), texts[8], "only one word more", "Straße und ÉCOLE", "a[b]\\c %_ .*"]
    generator = random.Random(2)
    labels = [generator.choice(LABELS) for _ in texts]
    made = made_pile(tmp_path, texts, labels)
    rows = made.reviews.texts(range(len(made.reviews)))
    made.model = use_model(made, tmp_path / "one", [drawn(f"one {text}") for text in rows], LABELS)
    # The second model has the same classes in another order.
    made.second_model = use_model(made, tmp_path / "two", [drawn(f"two {text}") for text in rows], LABELS[::-1])
    return made


def drawn(seed: str) -> list[float]:
    """Three logits."""
    generator = random.Random(seed)
    return [generator.gauss(0, 2) for _ in LABELS]


def shares(scores: object, row: int) -> dict[str, float]:
    """A model's probabilities for a row, by label."""
    powers = np.exp(scores.logits[row].astype(np.float64))  # type: ignore[attr-defined]
    return dict(zip(scores.labels, (powers / powers.sum()).tolist(), strict=True))  # type: ignore[attr-defined]


def expected_keys(pile: PileData, order: str) -> list[float]:
    """What an order goes by, one row at a time."""
    found = []
    labels = pile.given()
    for row in range(len(pile.reviews)):
        one, other = shares(pile.scores(), row), shares(pile.second_scores(), row)
        best = sorted(one.values())[::-1]
        if order == "uncertainty":
            found.append(best[0] - best[1])
        elif order == "disagreement":
            same = max(one, key=lambda label: one[label]) == max(other, key=lambda label: other[label])
            found.append(float(same) - sum(abs(one[label] - other[label]) for label in LABELS) / 2)
        else:
            found.append(one[LABELS[int(labels[row])]])
    return found


@pytest.mark.parametrize("order", ["uncertainty", "disagreement", "suspicion"])
def test_an_order_is_what_it_says(pile: PileData, order: str) -> None:
    keys = expected_keys(pile, order)
    np.testing.assert_allclose(pile.keys(order), keys, atol=1e-9)
    in_turn = [keys[row] for row in pile.ranking(order)]
    assert in_turn == pytest.approx(sorted(keys))


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_has_every_review_once_and_is_the_same_every_time(
    pile: PileData, order: str, tmp_path: Path
) -> None:
    found = pile.arrange(order, like=3)
    assert sorted(found.rows.tolist()) == list(range(len(pile.reviews)))
    again = PileData(pile.source, pile.options)
    again.model, again.second_model = pile.model, pile.second_model
    assert again.arrange(order, like=3).rows.tolist() == found.rows.tolist()
    assert again.arrange(order, like=3).audits.tolist() == found.audits.tolist()


def test_equal_reviews_come_in_an_order_that_their_texts_decide(tmp_path: Path) -> None:
    texts = [text for text, _ in made_reviews(30)]
    orders = []
    for number, some in enumerate((texts, texts[::-1])):
        pile = made_pile(tmp_path / str(number), some)
        pile.model = use_model(pile, tmp_path / f"model{number}", [[0.0, 1.0]] * 30)
        orders.append([pile.reviews.text(int(row)) for row in pile.ranking("uncertainty")])
    assert orders[0] == orders[1] != texts


def test_near_copies_come_once_and_their_copies_last(pile: PileData) -> None:
    assert pile.copies_of(3) == [54, 55] and pile.copies_of(54) == [3, 55] and pile.copies_of(0) == []
    rows = pile.arrange("uncertainty").rows.tolist()
    assert {54, 55, 56} == set(rows[-3:])


def test_similarity_is_the_cosine_of_words_by_their_rarity(tmp_path: Path) -> None:
    texts = ["the zip broke", "the lamp is fine", "a zip that sticks", "the the the", "lamp", "!!!"]
    pile = made_pile(tmp_path, texts + [text for text, _ in made_reviews(40)])
    assert pile.ranking("similarity", like=0)[0] == 0 and pile.keys("similarity", like=0)[5] == 0
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(token_pattern=r"(?u)[a-z0-9]+", sublinear_tf=True)
    vectors = words.fit_transform(pile.reviews.texts(range(len(pile.reviews))))
    expected = (vectors @ vectors[0].T).toarray()[:, 0]
    np.testing.assert_allclose(-pile.keys("similarity", like=0), expected, atol=1e-5)


def test_what_an_order_needs_and_has_not_is_said(tmp_path: Path) -> None:
    pile = made_pile(tmp_path, ["a good lamp", "a bad lamp"])
    with pytest.raises(InputError, match="No model is chosen"):
        pile.arrange("uncertainty")
    pile.model = tmp_path / "model"
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(InputError, match="not scored yet"):
        pile.arrange("uncertainty")
    pile.model = use_model(pile, tmp_path / "one", [[0, 1], [1, 0]])
    with pytest.raises(InputError, match="No second model"):
        pile.arrange("disagreement")
    pile.second_model = use_model(pile, tmp_path / "two", [[0, 1], [1, 0]], ("bad", "good"))
    with pytest.raises(InputError, match=r"different labels \(negative, positive; bad, good\)"):
        pile.arrange("disagreement")
    with pytest.raises(InputError, match="have no labels"):
        pile.arrange("suspicion")
    with pytest.raises(InputError, match="There is no order 'best'"):
        pile.arrange("best")
    with pytest.raises(InputError, match="Similar to which review"):
        pile.arrange("similarity", like=2)


def test_labels_that_the_model_does_not_know_are_refused(tmp_path: Path) -> None:
    pile = made_pile(tmp_path, ["a good lamp", "a bad lamp"], ["good", "bad"])
    pile.model = use_model(pile, tmp_path / "one", [[0, 1], [1, 0]])
    with pytest.raises(InputError, match=r"\(bad, good\) are not those of the model \(negative, positive\)"):
        pile.arrange("suspicion")


def test_rows_without_a_label_are_suspected_last(tmp_path: Path) -> None:
    texts = [text for text, _ in made_reviews(12)]
    labels = ["negative", "positive", ""] * 4
    pile = made_pile(tmp_path, texts, labels, label="label")
    pile.model = use_model(pile, tmp_path / "one", [[0, number] for number in range(12)])
    assert {row % 3 for row in pile.ranking("suspicion")[-4:].tolist()} == {2}


# Filters


def by_hand(pile: PileData) -> dict[str, Callable[[int], bool]]:
    """Filters, and which rows fit them, one at a time."""
    one = [shares(pile.scores(), row) for row in range(len(pile.reviews))]
    other = [shares(pile.second_scores(), row) for row in range(len(pile.reviews))]
    best = [max(row, key=lambda label: row[label]) for row in one]
    theirs = [max(row, key=lambda label: row[label]) for row in other]
    texts = pile.reviews.texts(range(len(pile.reviews)))
    margin = [sorted(row.values())[-1] - sorted(row.values())[-2] for row in one]
    words = [len(re.findall(r"\w+", text.replace("_", " "))) for text in texts]
    said = {2: "positive", 5: "negative", 9: "other"}
    return {
        "lamp": lambda row: "lamp" in texts[row].lower(),
        "LAMP cable": lambda row: "lamp" in texts[row].lower() and "cable" in texts[row].lower(),
        '"it is"': lambda row: "it is" in texts[row].lower(),
        "-the": lambda row: "the" not in texts[row].lower(),
        '"a[b]\\c %_ .*"': lambda row: texts[row] == "a[b]\\c %_ .*",
        "école": lambda row: "école" in texts[row].lower(),
        "predicted:negative": lambda row: best[row] == "negative",
        "p<0.7": lambda row: max(one[row].values()) < 0.7,
        "p>=50% p<90%": lambda row: 0.5 <= max(one[row].values()) < 0.9,
        "margin>0.2": lambda row: margin[row] > 0.2,
        "-margin>0.2": lambda row: margin[row] <= 0.2,
        "state:undecided": lambda row: row not in {2, 5, 9, 11, 12, 13},
        "state:skip": lambda row: row == 11,
        "state:flag": lambda row: row == 12,
        "state:ambiguous": lambda row: row == 13,
        "-state:decided": lambda row: row not in {2, 5, 9, 11, 12, 13},
        "label:positive": lambda row: row == 2,
        "label!=positive": lambda row: row != 2,
        "by:copy": lambda row: row == 9,
        "disagree:you": lambda row: row in said and said[row] != best[row],
        "disagree:models": lambda row: best[row] != theirs[row],
        "length>5": lambda row: words[row] > 5,
        "tokens<=40": lambda row: answer(texts[row])[1] <= 40,
        "cut:yes": lambda row: answer(texts[row])[1] > 40,
        "cut:no": lambda row: answer(texts[row])[1] <= 40,
        "unknown>2": lambda row: answer(texts[row])[2] > 2,
        "copies>0": lambda row: row in {3, 54, 55, 8, 56},
        "note:late": lambda row: row == 20,
        "note:yes": lambda row: row in {20, 21},
        "predicted:positive -p<0.6 state:undecided the": lambda row: (
            best[row] == "positive"
            and max(one[row].values()) >= 0.6
            and row not in {2, 5, 9, 11, 12, 13}
            and "the" in texts[row].lower()
        ),
    }


@pytest.fixture
def decided(pile: PileData) -> PileData:
    """The pile, with some of it decided, and notes."""
    log = DecisionLog(pile.source)
    log.decide(decision(pile, 2))
    log.decide(decision(pile, 5, verdict="negative"))
    log.decide(decision(pile, 7))
    log.undo()
    for row, state in ((11, "skip"), (12, "flag"), (13, "ambiguous")):
        log.decide(decision(pile, row, state=state))
    log.decide(decision(pile, 9, verdict="other", source="copy"))
    for row, text in ((20, "came LATE"), (21, "why?")):
        log.note(Note(hash=f"{int(pile.reviews.hashes[row]):016x}", row=row, file="x", line=1, text=text))
    log.close()
    return pile


def test_filters_find_what_they_say(decided: PileData) -> None:
    rows = range(len(decided.reviews))
    for query, fits in by_hand(decided).items():
        found = np.flatnonzero(decided.fits(query)).tolist()
        assert found == [row for row in rows if fits(row)], query
    counts = {query: int(decided.fits(query).sum()) for query in by_hand(decided)}
    assert all(counts.values()), [query for query, count in counts.items() if not count]


def test_a_filter_shows_all_that_fits_in_the_order_and_no_audits(decided: PileData) -> None:
    for order in ORDERS:
        found = decided.arrange(order, "the", like=3)
        ranking = decided.ranking(order, 3).tolist()
        fits = decided.fits("the")
        assert found.rows.tolist() == [row for row in ranking if fits[row]] and not len(found.audits)


def test_a_filter_that_cannot_be_used_is_refused(pile: PileData) -> None:
    with pytest.raises(InputError, match="There is no filter 'lable'"):
        pile.arrange("file", "lable:x")
    with pytest.raises(InputError, match="label:zzz is unknown; it is one of negative, positive, other"):
        pile.fits("label:zzz")
    pile.second_model = None
    with pytest.raises(InputError, match="No second model"):
        pile.fits("disagree:models")
    pile.model = None
    with pytest.raises(InputError, match="No model is chosen"):
        pile.fits("p<0.3")


def test_a_label_that_was_added_or_used_can_be_looked_for(pile: PileData) -> None:
    log = DecisionLog(pile.source)
    log.add_label("late delivery")
    log.decide(decision(pile, 4, verdict="broken zip"))
    log.close()
    assert pile.fits('label:"late delivery"').sum() == 0
    assert np.flatnonzero(pile.fits("label:broken")).tolist() == [4]


def test_decisions_of_another_process_are_seen_at_once_and_a_log_that_is_cut_off_is_read_anew(pile: PileData) -> None:
    assert pile.fits("state:decided").sum() == 0
    log = DecisionLog(pile.source)
    for row in range(4):
        log.decide(decision(pile, row))
        assert pile.fits("state:decided").sum() == row + 1
    log.undo()
    assert np.flatnonzero(pile.fits("state:decided")).tolist() == [0, 1, 2]
    path = log.folder / "decisions.jsonl"
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"\n") + 20])
    assert np.flatnonzero(pile.fits("state:decided")).tolist() == [0]
    path.unlink()
    assert pile.fits("state:decided").sum() == 0


def test_what_is_not_scored_yet_fits_neither_a_term_nor_its_opposite_and_comes_last(
    pile: PileData, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pile.scores()
    scored = whole.scored.copy()
    scored[::2] = False
    logits = whole.logits.copy()
    logits[::2] = np.nan
    partial = type(whole)(whole.manifest, logits, whole.tokens, whole.unknown, whole.hashes, scored)
    monkeypatch.setattr(pile, "scores", lambda: partial)
    assert not (pile.fits("p<0.7") | pile.fits("-p<0.7"))[::2].any()
    assert (pile.fits("p<0.7") | pile.fits("-p<0.7"))[1::2].all()
    for order in ("uncertainty", "disagreement", "suspicion"):
        ranking = pile.ranking(order).tolist()
        assert {row % 2 for row in ranking[: len(ranking) // 2]} == {1}, order
