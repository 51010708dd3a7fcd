"""Texts that repeat, and splits, found part by part, are those that are found in memory at once."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reviews import groups, split
from core.reviews.groups import HashParts, find_duplicates
from core.reviews.reading import Reviews
from core.reviews.split import find_leak, labels_in, split_by_hash

TOP = (1 << 64) - 1
numbers = st.one_of(st.integers(0, TOP), st.sampled_from([0, 1, TOP, 1 << 63, (1 << 63) - 1]))
rows = st.lists(numbers, min_size=1, max_size=12).flatmap(
    lambda hashes: st.lists(st.tuples(st.sampled_from(hashes), st.integers(-1, 3)), min_size=1, max_size=50)
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_PART", 4)
    monkeypatch.setattr(groups, "_CHUNK", 3)
    monkeypatch.setattr(split, "_CHUNK", 3)


def arrays(found: list[tuple[int, int]]) -> tuple[Any, Any]:
    return np.array([one for one, _ in found], dtype=np.uint64), np.array([one for _, one in found], dtype=np.int64)


def reviews(found: list[tuple[int, int]]) -> Reviews:
    hashes, labels = arrays(found)

    class Some(SimpleNamespace):
        def __len__(self) -> int:
            return len(found)

    return cast(Reviews, Some(hashes=hashes, labels=labels, place=lambda row: ("f", row), text=str))


def mix(number: int) -> int:
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = ((number ^ (number >> shift)) * factor) & TOP
    return number ^ (number >> 31)


def split_at_once(found: list[tuple[int, int]], fraction: float) -> set[int]:
    """The rows of the validation side, as the docstring of `split_by_hash` has it."""
    labels = defaultdict(list)
    for text, label in found:
        labels[text].append(label)
    held = set[int]()
    for label in {min(own) for own in labels.values()}:
        texts = sorted((text for text, own in labels.items() if min(own) == label), key=mix)
        sums = np.cumsum([len(labels[text]) for text in texts])
        wanted = fraction * sums[-1]
        count = next(place for place, held_out in enumerate(sums, start=1) if held_out >= wanted)
        count -= count > 1 and sums[count - 1] - wanted > wanted - sums[count - 2]
        held.update(texts[: min(count, len(texts) - 1)])
    for label in sorted({one for own in labels.values() for one in own}):
        texts = sorted((text for text, own in labels.items() if label in own), key=mix)
        if len(texts) > 1 and not held.intersection(texts):
            held.add(texts[0])
    return {row for row, (text, _) in enumerate(found) if text in held}


@settings(max_examples=300, deadline=None)
@given(found=rows, fraction=st.floats(0.02, 0.98))
def test_a_split_is_that_of_all_texts_at_once(found: list[tuple[int, int]], fraction: float) -> None:
    train, validation = split_by_hash(reviews(found), fraction)
    assert set(validation.tolist()) == split_at_once(found, fraction)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(len(found)))
    assert (np.diff(train) > 0).all() and (np.diff(validation) > 0).all()


@settings(max_examples=200, deadline=None)
@given(found=rows)
def test_repeated_texts_are_counted_once(found: list[tuple[int, int]]) -> None:
    labels = defaultdict(list)
    for text, label in found:
        labels[text].append(label)
    duplicates = find_duplicates(*arrays(found))
    assert duplicates.rows == len(found) - len(labels)
    assert duplicates.groups == sum(len(own) > 1 for own in labels.values())
    assert duplicates.conflicting == sum(len(set(own)) > 1 for own in labels.values())


@given(found=rows)
def test_each_row_is_in_one_part(found: list[tuple[int, int]]) -> None:
    parts = HashParts(*arrays(found))
    seen = [row for bounds in parts.bounds for some, _ in parts.rows(*bounds) for row in some.tolist()]
    assert sorted(seen) == list(range(len(found)))
    keys = [key for bounds in parts.bounds for key in parts.groups(*bounds).keys.tolist()]
    assert keys == sorted({text for text, _ in found})


@given(found=rows, known=rows)
def test_shared_reviews_are_found(found: list[tuple[int, int]], known: list[tuple[int, int]]) -> None:
    texts = {text for text, _ in known}
    shared = [row for row, (text, _) in enumerate(found) if text in texts]
    leak = find_leak(arrays(known)[0], reviews(found))
    assert (len(shared), []) == (0, []) if leak is None else leak.rows == len(shared)
    if leak is not None:
        assert [one.line for one in leak.examples] == shared[:5]


@given(found=rows)
def test_labels_are_listed(found: list[tuple[int, int]]) -> None:
    _, labels = arrays(found)
    some = np.arange(len(found))[::2]
    assert labels_in(labels) == sorted(set(labels.tolist()))
    assert labels_in(labels, some) == sorted(set(labels[some].tolist()))
