"""The progress of a long classification: how far, how fast, and an estimate of the time left."""

from __future__ import annotations

import pytest

from core.bulk.pace import Pace, about


def test_it_tells_rows_speed_and_an_estimate_and_no_more_than_twice_a_second() -> None:
    now = 100.0
    said: list[tuple[str, float | None]] = []
    pace = Pace(lambda what, share: said.append((what, share)), 4096, 10_000, clock=lambda: now)
    for moment, done in [(100.0, 4096), (102.0, 5120), (102.4, 6144), (102.6, 7168), (102.7, 10_000)]:
        now = moment
        pace.tell(done)
    assert said == [
        ("classifying, 4,096 of 10,000 reviews", 0.4096),
        ("classifying, 5,120 of 10,000 reviews, 512 reviews/s, about 10 s left (estimate)", 0.512),
        ("classifying, 7,168 of 10,000 reviews, 1,182 reviews/s, about 2 s left (estimate)", 0.7168),
        ("classifying, 10,000 of 10,000 reviews, 2,187 reviews/s", 1.0),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "1 s"), (59.4, "59 s"), (60, "1 min"), (3569, "59 min"), (3590, "1 h 0 min"), (12_000, "3 h 20 min")],
)
def test_a_guess_is_told_as_coarsely_as_it_is_known(seconds: float, words: str) -> None:
    assert about(seconds) == words
