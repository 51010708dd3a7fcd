"""Explaining: what a model with a known function of its words must be told of, and what no text may break."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.data.tokens import SpecialTokens
from core.inference.explain import DRAWS, MANY_WORDS, SHOWN, explain
from core.inference.explain_tokens import read_review
from core.inference.explain_words import word_spans
from core.inference.explanation import DECIDES, Explanation, Part, Reliability
from core.inference.predictor import Predictor

ODD = "aZ9'’-. !?\n\u200b\u200d\ufe0f\u0301\u202e👍🏽👩🇩🇪字أن\u0940\ud800"
odd_texts = st.one_of(st.text(max_size=50), st.text(alphabet=ODD, max_size=50))
words = st.sampled_from("good bad the lamp was not it again price colour refund service".split())
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)


class Pieces:
    """A tokenizer whose tokens are three characters of a word each; equal pieces have equal ids."""

    mask_token: str | None = "[MASK]"

    def __call__(self, texts: Sequence[str], **_: Any) -> dict[str, Any]:
        ids, offsets = [], []
        for text in texts:
            if text == self.mask_token:
                spans = [(0, len(text))]
            else:
                spans = [(at, min(at + 3, end)) for start, end in word_spans(text) for at in range(start, end, 3)]
            offsets.append(spans)
            ids.append([zlib.crc32(text[start:end].encode()) for start, end in spans])
        return {"input_ids": ids, "offset_mapping": offsets}


MASK = zlib.crc32(b"[MASK]")


class Known:
    """A model whose logit of `positive` is the sum of what its tokens weigh."""

    labels = "negative", "positive"

    def __init__(self, weigh: Callable[[int], float], max_length: int = 10_000, mask: str | None = "[MASK]") -> None:
        self.weigh, self.tokenizer = weigh, Pieces()
        self.tokenizer.mask_token = mask
        self.special_tokens = SpecialTokens((1,), (2,), 0, max_length, "head")
        self.read: list[np.ndarray] = []

    def logits_of(
        self,
        reviews: Sequence[np.ndarray],
        progress: Callable[[float], None] | None = None,
        most_tokens: int | None = None,
    ) -> np.ndarray:
        found = np.zeros((len(reviews), 2), dtype=np.float32)
        for number, ids in enumerate(reviews):
            assert len(ids) <= self.special_tokens.room
            self.read.append(ids)
            found[number, 1] = sum(self.weigh(int(one)) for one in ids)
            if progress is not None:
                progress((number + 1) / len(reviews))
        return found

    def probability(self, weight: float, label: str) -> float:
        share = 1 / (1 + math.exp(-weight))
        return share if label == "positive" else 1 - share

    def weight(self, text: str) -> float:
        """What a word weighs, piece by piece."""
        return sum(self.weigh(zlib.crc32(text[at : at + 3].encode())) for at in range(0, len(text), 3))


def by_hash(token: int) -> float:
    """Something between -1 and 1; nothing for a mask."""
    return 0.0 if token == MASK else (token % 2001 - 1000) / 1000


def of_words(weights: dict[str, float]) -> Callable[[int], float]:
    """Weights of words of three letters at most; others weigh nothing."""
    known = {zlib.crc32(word.encode()): weight for word, weight in weights.items()}
    return lambda token: known.get(token, 0.0)


@given(sentences)
@settings(max_examples=60)
def test_changes_are_those_of_the_known_function(review: str) -> None:
    model = Known(by_hash)
    whole = model.weight_of_all = sum(model.weight(word) for word in review.split())  # type: ignore[attr-defined]
    found = explain(model, review)
    assert found.label == ("positive" if np.float32(whole) > 0 else "negative")
    assert found.probability == pytest.approx(model.probability(whole, found.label), abs=1e-5)
    assert [part.text for part in found.parts] == review.split() and found.unit == "word"
    for part in found.parts:
        without = whole - model.weight(part.text)
        expected = found.probability - model.probability(without, found.label)
        assert part.change == pytest.approx(expected, abs=1e-5)
        if abs(without) > 1e-5:
            assert part.label == ("positive" if without > 0 else "negative")
        assert part.deleted is None or (part.deleted == pytest.approx(expected, abs=1e-5) and not part.disagrees)
    assert sum(part.deleted is not None for part in found.parts) == min(SHOWN, len(found.parts))


@given(sentences)
@settings(max_examples=60)
def test_no_single_word_decides_where_none_does(review: str) -> None:
    model = Known(lambda token: by_hash(token) / 4)
    found = explain(model, review)
    decisive = [part for part in found.parts if abs(part.change) >= DECIDES or part.label != found.label]
    assert ("No single word decides this." in found.note) == (not decisive)
    assert set(found.strongest("word")[: len(decisive)]) == set(decisive)


def test_a_word_that_flips_the_label_decides_however_little_it_changes() -> None:
    model = Known(of_words({"It": -0.06, "ok": 0.01}))
    found = explain(model, "It is ok")
    (it, *_) = found.strongest("word")
    assert (it.text, found.flips(it), it.label) == ("It", True, "positive") and 0 < it.change < DECIDES
    assert "No single word" not in found.note


def test_a_repeated_word_is_named_at_each_of_its_places() -> None:
    found = explain(Known(of_words({"bad": -1.0})), "bad lamp bad bad")
    assert [(part.start, part.text) for part in found.parts] == [(0, "bad"), (4, "lamp"), (9, "bad"), (13, "bad")]
    changes = [part.change for part in found.parts]
    assert changes[0] == changes[2] == changes[3] > 0 == changes[1]


def test_all_pieces_of_a_word_are_masked_together_and_the_others_stay_where_they_are() -> None:
    model = Known(by_hash)
    explain(model, "wonderful lamp")
    whole, first, second = model.read[:3]
    assert len(whole) == 5 and list(first) == [MASK] * 3 + list(whole[3:]) and list(second) == [*whole[:3], MASK, MASK]
    assert [list(ids) for ids in model.read[3:]] in (
        [list(whole[3:]), list(whole[:3])],
        [list(whole[:3]), list(whole[3:])],
    )


def test_a_model_without_a_mask_has_its_words_deleted() -> None:
    model = Known(by_hash, mask=None)
    found = explain(model, "wonderful lamp")
    assert found.by == "deleting" and all(part.deleted is None for part in found.parts)
    assert list(model.read[1]) == list(model.read[0][3:])


def test_long_reviews_are_looked_into_sentence_by_sentence() -> None:
    filler = "the cord was as long as any of them and so on. "
    review = filler * 3 + "It is bad bad bad. " + filler * 2 + "One is big. " + filler * 4
    model = Known(of_words({"bad": -2.0, "big": -1.0, "as": -0.001}))
    found = explain(model, review)
    assert len(word_spans(review)) > MANY_WORDS and found.unit == "sentence"
    first, second, *others = found.strongest("sentence")
    assert (first.text, second.text) == ("It is bad bad bad", "One is big")
    assert [part.text for part in found.parts if part.unit == "word"] == "It is bad bad bad One is big".split()
    assert all(review[part.start : part.end] == part.text for part in found.parts)
    assert len(others) == 9 and all(abs(part.change) < DECIDES for part in others)
    assert len(model.read) <= 1 + 11 + 8 + SHOWN + 1 + DRAWS


def test_what_a_limit_cuts_off_is_named_and_never_read() -> None:
    review = "one two six bad bad"
    found = explain(Known(of_words({"bad": -3.0, "six": 1.0}), max_length=5), review)
    assert found.not_read == (12, len(review)) and found.label == "positive"
    assert [part.text for part in found.parts] == ["one", "two", "six"]
    assert explain(Known(by_hash), review).not_read is None


def test_a_sentence_never_reaches_over_what_is_not_read() -> None:
    review = "big " * 100 + "and six " * 100
    model = Known(by_hash, max_length=82)
    model.special_tokens = SpecialTokens((1,), (2,), 0, 82, "head+tail")
    found = explain(model, review)
    assert found.not_read is not None and found.unit == "sentence"
    start, end = found.not_read
    assert all(part.end <= start or part.start >= end for part in found.parts)
    texts = [part.text for part in found.parts if part.unit == "sentence"]
    assert texts[0] == " ".join(["big"] * 20) and "big" not in texts[1]


def test_words_that_carry_the_decision_are_reliable_and_equal_ones_are_not() -> None:
    review = "big red box and six hot men saw the old cat run off now"
    strong = explain(Known(of_words({"big": 1.0, "red": 1.0, "six": 1.0, "cat": 1.0})), review)
    assert strong.reliability is not None and strong.reliability.holds and strong.reliability.words == 4
    assert strong.reliability.change > max(strong.reliability.random) and len(strong.reliability.random) == DRAWS
    assert strong == explain(Known(of_words({"big": 1.0, "red": 1.0, "six": 1.0, "cat": 1.0})), review)
    equal = explain(Known(of_words(dict.fromkeys(review.split(), 0.05))), review)
    assert equal.reliability is not None and not equal.reliability.holds
    assert "Not reliable here: 4 random words" in equal.note
    assert "Not reliable" not in strong.note


def test_too_few_words_are_not_judged() -> None:
    assert explain(Known(by_hash), "big red box").reliability is None
    assert explain(Known(lambda token: 0.0), "big red box and six hot men").reliability is None


@pytest.mark.parametrize("review", ["", " \n", "...", "\u200b", "!"])
def test_a_review_without_words_says_so(review: str) -> None:
    found = explain(Known(by_hash), review)
    assert found.parts == () and found.note == "There is no word that could be left out."


def test_masking_and_deleting_disagree_where_they_say_different_things() -> None:
    def part(change: float, deleted: float | None) -> Part:
        return Part("x", 0, 1, "word", change, "positive", deleted)

    assert [part(*one).disagrees for one in ((0.3, 0.24), (0.3, 0.27), (0.06, -0.01), (0.02, -0.01), (0.3, None))] == [
        True, False, True, False, False,
    ]  # fmt: skip


def test_words_must_beat_the_best_of_the_random_ones_by_something_that_shows() -> None:
    assert Reliability(3, 0.30, (0.1, 0.29)).holds and not Reliability(3, 0.30, (0.1, 0.297)).holds


def test_an_exception_from_progress_ends_it_and_fractions_end_at_the_whole() -> None:
    heard: list[float] = []
    explain(Known(by_hash), "The lamp broke. " * 40, heard.append)
    assert heard == sorted(heard) and 0 < heard[0] < 0.1 and heard[-1] == 1.0
    model = Known(by_hash)

    def cancelled(fraction: float) -> None:
        if len(model.read) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain(model, "the lamp broke again and again", cancelled)
    assert len(model.read) == 3


# With real tokenizers


@pytest.fixture(scope="module")
def predictors(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Predictor]:
    from core.models.classifier import build_classifier, save_classifier
    from core.models.sources import ModelSource
    from core.settings.schema import Settings

    found = {}
    for family in ("bert", "roberta"):
        folder = tmp_path_factory.mktemp(family) / "model"
        tiny = ModelSource("x", tiny_models[family])
        save_classifier(
            build_classifier(tiny, ("bad", "good", "odd"), Settings(max_length=24, truncation="head+tail")), folder
        )
        found[family] = Predictor(folder)
    return found


def check(predictor: Predictor, review: str) -> Explanation:
    """What holds of every explanation."""
    found = explain(predictor, review)
    whole = predictor.classify([review])[0]
    assert found.label == whole.label and found.probability == pytest.approx(whole.probability, abs=1e-5)
    assert (found.not_read is not None) == whole.truncated
    column = predictor.labels.index(whole.label)
    read = read_review(predictor.tokenizer, predictor.special_tokens, review)
    assert len(read.ids) == min(whole.tokens, 24) - 2
    taken = {(one.start, one.end): one for one in (*read.sentences, *read.words)}
    places = [(part.unit, part.start) for part in found.parts]
    assert len(set(places)) == len(places)
    for part in found.parts:
        assert review[part.start : part.end] == part.text and part.text.strip()
        logits = predictor.logits_of([read.masked(taken[part.start, part.end].tokens)])[0].astype(np.float64)
        shares = np.exp(logits) / np.exp(logits).sum()
        assert part.change == pytest.approx(found.probability - shares[column], abs=1e-4)
    return found


@given(odd_texts)
@settings(max_examples=25)
def test_no_text_breaks_an_explanation(predictors: dict[str, Predictor], review: str) -> None:
    for predictor in predictors.values():
        check(predictor, review)


@pytest.mark.parametrize(
    "review",
    ["great", "great lamp " * 2500, "a" * 5000, "👍" * 5000, "جهاز رائع " * 300, "e\u0301\u200b" * 400, "字" * 900],
)
def test_short_and_endless_reviews_are_explained(predictors: dict[str, Predictor], review: str) -> None:
    for predictor in predictors.values():
        found = check(predictor, review)
        assert len(found.parts) <= 24
    assert found.parts


@given(
    st.lists(st.sampled_from(["broken", "lamp", "👍", "isn't", "zip", "e\u0301", "x", ", "]), min_size=1, max_size=12)
)
@settings(max_examples=30)
def test_words_are_those_of_the_text_whatever_the_tokenizer(predictors: dict[str, Predictor], some: list[str]) -> None:
    review = " ".join(some)
    assume(len(word_spans(review)) > 0)
    for predictor in predictors.values():
        read = read_review(predictor.tokenizer, SpecialTokens((0,), (2,), 1, 500, "head"), review)
        assert [(word.start, word.end) for word in read.words] == word_spans(review)
        every = np.concatenate([word.tokens for word in read.words])
        assert len(np.unique(every)) == len(every)


def test_cancelling_waits_for_one_small_batch(
    predictors: dict[str, Predictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = predictors["bert"]
    batches: list[int] = []
    forward = Predictor._forward

    def counted(self: Predictor, reviews: Sequence[np.ndarray]) -> Any:
        batches.append(sum(map(len, reviews)))
        return forward(self, reviews)

    monkeypatch.setattr(Predictor, "_forward", counted)
    monkeypatch.setattr("core.inference.explain._BATCH_TOKENS", 64)

    def cancelled(fraction: float) -> None:
        if len(batches) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain(predictor, "the lamp was broken and it fell apart after two weeks", cancelled)
    assert len(batches) == 3 and max(batches) <= 64
