"""The whole benchmark at its tiniest, as `make bench-smoke` runs it: every contestant works; no time is looked at."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import OURS, smoke_cases
from benchmarks.data import ROOT

pytestmark = [
    pytest.mark.proof,
    pytest.mark.starter,
    pytest.mark.timeout(600),  # a dozen processes, each of which loads torch
]
CONTESTANTS = {"ours", "lab_loop", "hf_tuned", "hf_default", "pipeline_32", "pipeline_1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a smoke run left its results."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks.run", "--smoke", "--cache", str(folder), "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip() in (folder / "RESULTS.md").read_text()
    return folder


@pytest.fixture(scope="module")
def cases(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())["cases"]
    return found


def test_every_contestant_takes_part_in_every_case_it_belongs_to(cases: dict[str, Any]) -> None:
    assert list(cases) == [case.name for case in smoke_cases()]
    for case in smoke_cases():
        peers = [run["peer"] for run in cases[case.name]["runs"]]
        assert peers == [OURS, *(peer.name for peer in case.peers)]
    assert {run["peer"] for case in cases.values() for run in case["runs"]} == CONTESTANTS


def test_all_contestants_of_a_case_read_the_same_reviews(cases: dict[str, Any]) -> None:
    for case in cases.values():
        assert len({run["rows_sha256"] for run in case["runs"]}) == 1
        assert len({run["reviews"] for run in case["runs"]}) == 1
    assert {run["reviews"] for run in cases["lab"]["runs"]} == {cases["lab"]["data"]["train_rows"]}


def test_those_that_train_all_epochs_train_on_as_many_tokens(cases: dict[str, Any]) -> None:
    assert len({run["tokens"] for run in cases["starter-short"]["runs"]}) == 1


def test_every_figure_is_a_finite_positive_number_and_every_accuracy_a_share(cases: dict[str, Any]) -> None:
    for case in cases.values():
        for run in case["runs"]:
            for name in ("seconds", "cpu_seconds", "peak_bytes", "baseline_bytes", "process_seconds", "scale"):
                assert math.isfinite(run[name]) and run[name] > 0, (run["peer"], name)
            assert run["process_seconds"] > run["seconds"]
            assert run["peak_bytes"] >= run["baseline_bytes"]
            if case["task"] == "train":
                assert 0 <= run["accuracy"] <= 1


def test_ours_and_the_pipeline_give_the_same_labels(cases: dict[str, Any]) -> None:
    for name in ("bulk", "one"):
        agreements = [run["agreement"] for run in cases[name]["runs"] if run["peer"] != OURS]
        assert agreements and all(found["largest_difference"] < 0.02 for found in agreements)


def test_the_lab_loop_is_marked_as_extrapolated(folder: Path, cases: dict[str, Any]) -> None:
    epochs = cases["lab"]["training"]["epochs"]
    assert [run["scale"] for run in cases["lab"]["runs"]] == [1, epochs]
    assert "† Extrapolated" in (folder / "RESULTS.md").read_text()


def test_the_report_has_a_row_for_every_case_and_peer_and_says_that_it_is_a_smoke_test(
    folder: Path, cases: dict[str, Any]
) -> None:
    report = (folder / "RESULTS.md").read_text()
    assert "the times mean nothing" in report
    for name, case in cases.items():
        for peer in case["peers"]:
            rows = [line for line in report.splitlines() if line.startswith(f"| {name}: ") and f"| {peer} |" in line]
            assert len(rows) == 1 and "×" in rows[0]
    assert not {"nan", "inf"} & set(re.findall(r"\w+", report))
