"""Finding suspects from a file on: what was flipped comes first, and nothing is judged by what has seen it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.arrow import numbers, strings
from core.base.errors import InputError
from core.base.files import private_folder
from core.data.run_data import write_table
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.runs.folder import RunFolder
from core.suspicion import suspects as module
from core.suspicion.folds import near_texts
from core.suspicion.report import Suspect, in_words
from core.suspicion.suspects import Suspected, find_suspects, fold_of_reviews
from tests.core.suspicion.conftest import Labelled


def found_in(file: Path, model: Path, folds: int = 5, seed: int = 0) -> Suspected:
    return find_suspects(str(file), ReadingOptions(), str(model), folds, seed, lambda what, share: None)


def listed(found: Suspected) -> list[Suspect]:
    return [found.suspect(rank) for rank in range(1, found.found.suspects + 1)]


def test_half_of_the_first_labels_that_are_doubted_are_those_that_were_flipped(
    labelled: Labelled, tiny_model: Path
) -> None:
    flipped = tuple(range(3, 400, 20))
    found = found_in(labelled(400, flipped), tiny_model)
    first = listed(found)[: len(flipped)]
    assert len({one.row for one in first} & set(flipped)) >= len(flipped) / 2
    assert found.found.likely == sum(one.likely for one in listed(found)) == sum(c.reviews for c in found.found.changes)
    one = first[0]
    assert one.line == one.row + 2 and {one.given, one.suggested} == {"positive", "negative"}
    assert one.given_probability == pytest.approx(1 - (one.suggested_probability or 0))


def test_the_same_file_and_seed_give_the_same_list(labelled: Labelled, tiny_model: Path) -> None:
    file = labelled(120, (5, 6))
    assert listed(found_in(file, tiny_model)) == listed(found_in(file, tiny_model))
    assert listed(found_in(file, tiny_model, seed=1)) != listed(found_in(file, tiny_model))


def test_no_label_has_a_part_in_what_is_said_of_it_or_of_a_copy(
    monkeypatch: pytest.MonkeyPatch, labelled: Labelled, tiny_model: Path
) -> None:
    """Of one fold, all labels are changed: what is said of that fold stays as it was, to the bit."""
    kept: list[tuple[Any, ...]] = []
    judge = module.out_of_fold

    def spy(*given: Any) -> np.ndarray:
        kept.append(given)
        return judge(*given)

    monkeypatch.setattr(module, "out_of_fold", spy)
    copies = [("great lovely chair", "positive")] * 3
    found_in(labelled(100, (), copies), tiny_model)
    features, texts, labels, classes, fold_of, *rest = kept[0]
    own = fold_of == 0  # of the first fold, since C is chosen beside it
    changed = np.where(own, 1 - labels, labels)
    before, after = (judge(features, texts, one, classes, fold_of, *rest) for one in (labels, changed))
    np.testing.assert_array_equal(before[own], after[own])
    assert (before[~own] != after[~own]).any()


def test_copies_with_different_labels_come_first_and_a_class_of_one_text_is_not_judged(
    labelled: Labelled, tiny_model: Path
) -> None:
    more = [("Great chair", "positive"), ("great  chair", "negative"), ("great chair", "positive"), ("odd", "postive")]
    found = found_in(labelled(100, (7,), more), tiny_model)
    rows = listed(found)
    assert [one.reason for one in rows[:4]] == ["contradiction"] * 3 + ["alone"]
    assert {one.row for one in rows[:3]} == {100, 101, 102} and len({one.suggested for one in rows[:3]}) == 1
    assert (rows[3].given, rows[3].suggested, rows[3].given_probability) == ("postive", None, None)
    assert (found.found.contradictions, found.found.alone) == (1, 1)
    assert "1 text has copies with different labels; 1 label is used for one text only" in in_words(found.found)


def test_near_copies_share_a_fold(labelled: Labelled, tiny_model: Path) -> None:
    text = "it fell apart after two weeks of use and the zip of this very useless chair was broken a week after that"
    file = labelled(60, (), [(text, "negative"), (text + ".", "negative"), (text.replace("zip", "lamp"), "negative")])
    reviews = read_reviews(file)
    fold_of = fold_of_reviews(reviews, 5, 0)
    assert fold_of[60] == fold_of[61] and len(set(near_texts(reviews)[-3:].tolist())) <= 2


def test_three_skewed_classes_are_judged(labelled: Labelled, tiny_model: Path) -> None:
    more = [(f"zip was box lamp {word} cable zip", "neutral") for word in ("a", "after", "the", "use", "this", "very")]
    found = found_in(labelled(90, (11,), more), tiny_model)
    assert found.probabilities.shape == (96, 3) and found.judged.all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_a_model_that_has_learned_from_the_labels_is_refused_as_a_judge(
    labelled: Labelled, tiny_model: Path, home: Path
) -> None:
    file = labelled(40)
    run = RunFolder(private_folder(home / "runs" / "20260901-100001-0001"))
    shutil.copytree(tiny_model, run.model)
    hashes = np.asarray(read_reviews(file).hashes)
    write_table({"text_hash": numbers(hashes), "side": strings(["train"] * 30 + ["validation"] * 10)}, run.split)
    with pytest.raises(InputError, match="has learned from 30 of these 40 labels"):
        found_in(file, run.model)
    write_table({"text_hash": numbers(hashes), "side": strings(["validation"] * 40)}, run.split)
    assert found_in(file, run.model).found.rows == 40


@pytest.mark.parametrize("rows", [8, 9])
def test_tiny_data_has_fewer_folds(rows: int, labelled: Labelled, tiny_model: Path) -> None:
    found = found_in(labelled(rows), tiny_model, folds=50)
    assert 2 <= found.found.folds <= rows and found.judged.all()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["good,positive"] * 20 + ["bad,negative"], "so few different texts"),
        (["good,positive"] * 10 + ["good,negative"] * 10, "have the same text"),
        ([f"good {n},positive" for n in range(20)], "are labelled “positive”"),
        (["good thing,positive", "bad thing,negative"], "has 2 labelled reviews"),
    ],
)
def test_where_nothing_can_be_held_out_a_sentence_says_so(
    lines: list[str], said: str, tmp_path: Path, tiny_model: Path
) -> None:
    (tmp_path / "few.csv").write_text("\n".join(["review,label", *lines]))
    with pytest.raises(InputError, match=said):
        found_in(tmp_path / "few.csv", tiny_model)


def test_features_are_computed_once(labelled: Labelled, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, said = labelled(60), list[str]()
    for seed in (0, 1):
        find_suspects(str(file), ReadingOptions(), str(tiny_model), 3, seed, lambda what, share: said.append(what))
    assert said.count("computing the encoder's output") == 1


def test_every_family_and_the_transformers_path_are_read_alike(
    labelled: Labelled, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.suspicion import features

    for family in ("bert", "distilbert", "roberta"):
        file = labelled(40, name=f"{family}.csv")
        native = found_in(file, tiny_models[family]).probabilities
        with monkeypatch.context() as patched:
            patched.setattr(features, "build_native_classifier", lambda *_: None)
            patched.setattr(features, "key_of", lambda **decides: "another")
            other = found_in(file, tiny_models[family]).probabilities
        np.testing.assert_allclose(native, other, atol=1e-3)
