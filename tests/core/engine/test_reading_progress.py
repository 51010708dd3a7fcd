"""Progress of a reading: something new a few times a second, and classes that grow to what the report has."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from core.engine import reading_progress
from core.engine.data_requests import Inspect
from core.engine.methods import inspect
from core.engine.reading_progress import ReadingProgress

Said = tuple[str, float | None, dict[str, int] | None]


class Listener:
    def __init__(self) -> None:
        self.heard: list[Said] = []

    def __call__(self, what: str, fraction: float | None, classes: Mapping[str, int] | None = None) -> None:
        self.heard.append((what, fraction, None if classes is None else dict(classes)))


def test_something_new_is_said_a_few_times_a_second() -> None:
    listener, now = Listener(), 0.0
    telling = ReadingProgress(listener, count_classes=True, clock=lambda: now)
    for chunk in range(1, 101):
        now = chunk / 100
        telling.counted(4_000 * chunk, chunk // 50, lambda chunk=chunk: {"good": chunk})  # type: ignore[misc]
        telling.read(chunk / 100)
    assert len(listener.heard) == 100, "a request can be cancelled at each chunk"
    assert 3 <= len(set(map(str, listener.heard))) <= 6
    assert listener.heard[-1] == ("reading, 400,000 rows so far, 2 left out", 1.0, {"good": 100})
    shares = [share or 0 for _, share, _ in listener.heard]
    assert shares == sorted(shares)


@pytest.mark.parametrize("labels", [["1", "5", "3", "4"], ["yes", "no", "", "no"], ["good", "bad", "odd", "N/A"]])
def test_classes_grow_to_those_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: list[str]
) -> None:
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(reading_progress, "_SECONDS", 0.0)
    path = tmp_path / "reviews.csv"
    rows = [f"Review number {row} is here,{labels[row % 4]}\n" for row in range(10_000)]
    path.write_text("text,label\n" + "".join(rows))
    listener = Listener()
    report = inspect(Inspect(source=str(path), count_classes=True), listener).report
    seen = [classes for _, _, classes in listener.heard if classes is not None]
    assert len(seen) > 2 and seen[-1] == report.class_counts
    for before, after in pairwise(seen):
        assert all(before[name] <= after[name] for name in before)
    inspect(Inspect(source=str(path)), plain := Listener())
    assert all(classes is None for _, _, classes in plain.heard)
