"""The report of lengths: what it says of limits and of unknown words is what counting by hand says."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.data.length_report import LengthReport, cut_at
from core.data.lengths import length_report
from core.data.tokens import encode
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import read_reviews
from tests.conftest import made_reviews

ROWS = [
    *made_reviews(40),
    *[(f"{emoji}", label) for emoji, label in (("😡👎", "negative"), ("😍👍", "positive"), ("😍", "positive"))],
    ("great 😡", "negative"),
    ("great 😍", "negative"),
]


@pytest.fixture
def report(tmp_path: Path, tiny_model: Path) -> LengthReport:
    with (tmp_path / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "label"), *ROWS])
    reviews = read_reviews(tmp_path / "reviews.csv")
    return length_report(reviews, load_tokenizer(tiny_model, "tiny"), "tiny", 4, lambda share: None)


def test_counts_add_up_and_limits_follow_from_them(report: LengthReport) -> None:
    assert sum(reviews for _, reviews in report.counts) == report.sampled == len(ROWS)
    merged: Counter[int] = Counter()
    for counts in report.class_counts.values():
        merged.update(dict(counts))
    assert tuple(sorted(merged.items())) == report.counts
    for limit in report.limits:
        cut = cut_at(report.counts, limit.max_length)
        assert (cut.reviews_cut, cut.tokens_lost) == (limit.reviews_cut, pytest.approx(limit.tokens_lost))
        assert sum(one.reviews_cut for one in limit.by_class.values()) == limit.reviews_cut


def test_long_rows_are_the_longest_first(report: LengthReport, tmp_path: Path, tiny_model: Path) -> None:
    reviews = read_reviews(tmp_path / "reviews.csv")
    lengths = [len(ids) for ids in encode(load_tokenizer(tiny_model, "tiny"), reviews.texts(report.long_rows))]
    assert lengths == sorted(lengths, reverse=True) and lengths[0] + report.special == report.max
    assert min(lengths) + report.special >= np.median([tokens for tokens, n in report.counts for _ in range(n)])


def test_what_is_unknown_is_counted_by_class_and_so_is_what_becomes_alike(report: LengthReport) -> None:
    found = report.unknown
    assert (found.reviews, found.only) == (5, 3)
    assert {name: (one.reviews, one.only) for name, one in found.by_class.items()} == {
        "negative": (3, 1),
        "positive": (2, 2),
    }
    # the three of emoji alone become one input, and "great 😡" and "great 😍" another
    assert (found.alike, found.alike_labelled_differently) == (5, 3)
    assert {"😡", "😍"} <= set("".join(found.examples))


def test_a_tokenizer_of_bytes_knows_everything(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    with (tmp_path / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "label"), *ROWS])
    tokenizer = load_tokenizer(tiny_models["roberta"], "tiny")
    found = length_report(read_reviews(tmp_path / "reviews.csv"), tokenizer, "tiny", 4, lambda share: None).unknown
    assert (found.tokens, found.reviews, found.only, found.alike, found.examples) == (0, 0, 0, 0, ())
