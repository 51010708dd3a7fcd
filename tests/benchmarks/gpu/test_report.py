"""RESULTS.md of a folder: what was measured, what failed, and a folder that has next to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.gpu.report import render
from benchmarks.gpu.store import Store
from tests.benchmarks.test_memory import row

SESSION: dict[str, Any] = {
    "name": "1", "date": "2026-01-02 03:04 UTC", "commit": "abc", "command": "python3 -m benchmarks.gpu", "minutes": 8,
    "dry_run": False, "driver": "580.1", "planned": {"proofs": 12, "benchmark": 30, "memory": 64},
    "machine": {"gpu": "NVIDIA H200", "processor": "one", "threads": 16, "memory_gib": 9.0, "system": "Linux",
                "versions": {"torch": "2.11.0"}},
}  # fmt: skip


def run(peer: str, repeat: int, seconds: float) -> dict[str, Any]:
    notes = {"precision": "bf16", "micro_batch_tokens": 4096, "whole_run_peak_bytes": 3 << 20} if peer == "ours" else {}
    sizes = {"peak_bytes": 2 << 20, "baseline_bytes": 1 << 20, "agreement": None}
    times = {"seconds": seconds, "cpu_seconds": seconds, "process_seconds": seconds, "scale": 1.0}
    return {"peer": peer, "repeat": repeat, "notes": notes, **sizes, **times}


def round_of(repeat: int, ours: float, theirs: float) -> dict[str, Any]:
    case = {"name": "starter-long", "title": "full", "task": "train", "model": "starter-shape", "peers": ["hf_default"]}
    runs = [run("ours", repeat, ours), run("hf_default", repeat, theirs)]
    return {"name": f"starter-long {repeat}", "case": {**case, "data": {"name": "long"}}, "forked": True, "runs": runs}


def test_a_folder_with_nothing_yet_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("sessions", SESSION)
    text = render(store)
    assert "# NVIDIA H200" in text and "driver" in text.lower() and "580.1" in text and "abc" in text
    assert "proofs 0 of 12, benchmark 0 of 30, memory 0 of 64" in text
    assert text.count("Not measured.") == 3 and "## Failed" not in text


def test_ratios_are_of_rounds_and_failures_are_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("sessions", SESSION)
    store.append("benchmark", round_of(1, ours=1.0, theirs=2.0))
    store.append("benchmark", round_of(2, ours=2.0, theirs=8.0))
    store.append("memory", {"name": "configuration 1", **row(110, 100)})
    store.append("proofs", {"name": "kills", "took": 9.0, "failed": "bits differ"})
    store.append("memory", {"name": "configuration 2", "took": 1.0, "failed": "no room"})
    text = render(store)
    assert "3.00× (2.00–4.00)" in text and "| 10.0% |" in text
    assert "proofs, kills:" in text and "bits differ" in text and "no room" in text
    assert "proofs 0 of 12, benchmark 2 of 30, memory 1 of 64" in text


def test_a_piece_that_failed_once_and_then_passed_is_no_failure_but_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("sessions", SESSION)
    store.append("proofs", {"name": "kills", "took": 9.0, "failed": "bits differ"})
    store.append("proofs", {"name": "kills", "took": 9.0, "outcome": "passed", "said": ["6 kills"]})
    text = render(store)
    assert "6 kills" in text and "## Failed" not in text
    assert "Failed in an earlier call, and done since: proofs, kills." in text
