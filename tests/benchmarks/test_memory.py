"""The table of forecasts: what is kept of an earlier run, and what it says of where its rows come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.memory import configurations, load_earlier, render, summary

HERE = {"processor": "one", "threads": 2, "memory_gib": 8.0, "versions": {"torch": "2"}}


def row(forecast: int, peak: int, **more: Any) -> dict[str, Any]:
    same = {"model": "m", "reviews": "long", "path": "native", "settings": {"batch_size": 4}, "rule_bytes": peak}
    times = dict.fromkeys(("forecast_seconds", "seconds", "forecast_whole_seconds", "whole_seconds"), 1.0)
    return {**same, **times, "forecast_bytes": forecast, "peak_bytes": peak, **more}


def results(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"machine": HERE, "date": "d", "commit": "abc", "rows": list(rows), "summary": summary(list(rows)), **more}


def test_rows_of_this_machine_are_kept_with_their_commits_and_those_of_another_are_not(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    assert load_earlier(file, HERE) == {}
    file.write_text(json.dumps(results(row(1, 1), row(2, 2, commit="new"))))
    assert {number: kept["commit"] for number, kept in load_earlier(file, HERE).items()} == {1: "abc", 2: "new"}
    assert load_earlier(file, {**HERE, "threads": 4}) == {}


def test_the_table_says_which_rows_are_of_which_commit() -> None:
    assert "commit abc." in render(results(row(1, 1)))
    text = render(results(row(1, 1), row(1, 1, commit="new")))
    assert "commits abc (1 rows), new (1 rows)." in text


def test_errors_are_of_what_was_measured_and_only_those_beyond_the_limit_are_too_small() -> None:
    found = summary([row(110, 100), row(96, 100), row(94, 100), row(100, 100)])
    assert found["memory_under_5"] == 0.25 and found["memory_median"] == pytest.approx(0.05)


def test_a_gpu_is_given_heavier_configurations() -> None:
    def heaviest(gpu: bool) -> int:
        drawn = [wanted for model, _, wanted in configurations(64, gpu=gpu) if model == "bert-base-shape"]
        return max(int(wanted["batch_size"]) * int(wanted["max_length"]) for wanted in drawn)

    assert heaviest(gpu=True) > heaviest(gpu=False) == 2048
