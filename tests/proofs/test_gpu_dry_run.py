"""The dry run of `make gpu`, killed half-way and continued: every kind of piece, with tiny models on the processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.data import ROOT
from benchmarks.gpu.store import Store

pytestmark = [pytest.mark.proof, pytest.mark.starter, pytest.mark.timeout(600)]


def test_a_dry_run_that_is_killed_goes_on_where_it_was_and_does_everything(tmp_path: Path, until: Any) -> None:
    words = [sys.executable, "-m", "benchmarks.gpu", "--dry-run", "--output", str(tmp_path / "out")]
    first = subprocess.Popen(words, cwd=ROOT, start_new_session=True)
    store = Store(tmp_path / "out")
    until(lambda: store.read("benchmark") or first.poll() is not None, 300)
    assert first.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    subprocess.run(words, cwd=ROOT, check=True)
    for part, pieces in {"proofs": 3, "benchmark": 2, "memory": 1}.items():
        records = store.read(part)
        assert len({record["name"] for record in records}) == len(records) == pieces
        assert not any("failed" in record for record in records)
    assert len(store.read("sessions")) == 2
    text = (tmp_path / "out" / "RESULTS.md").read_text()
    assert "Pieces done: proofs 3 of 3, benchmark 2 of 2, memory 1 of 1." in text and "times that mean nothing" in text
