"""How much disk space a run takes: every file once, links and what is missing included."""

from __future__ import annotations

import os
from pathlib import Path

from core.runs.disk_usage import bytes_on_disk


def test_files_at_any_depth_count(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(os.urandom(1 << 20))
    (tmp_path / "a" / "b" / "two").write_bytes(os.urandom(1 << 20))
    assert 2 << 20 <= bytes_on_disk(tmp_path) < (2 << 20) + (64 << 10)


def test_a_file_with_two_names_counts_once_and_a_link_does_not_lead_away(tmp_path: Path) -> None:
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    (elsewhere / "large").write_bytes(os.urandom(1 << 20))
    (run / "model").write_bytes(os.urandom(1 << 20))
    os.link(run / "model", run / "earlier")
    (run / "out").symlink_to(elsewhere)
    (run / "round").symlink_to(run)
    assert 1 << 20 <= bytes_on_disk(run) < (1 << 20) + (64 << 10)


def test_a_folder_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    assert bytes_on_disk(tmp_path / "gone") == 0
