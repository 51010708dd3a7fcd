"""`compare` as a process: two short runs on the starter, the contract's keys, and sentences for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.comparison.test_compare import PROMISED_OF_PAIR, PROMISED_OF_RUN
from tests.end_to_end.conftest import SAMPLES, Reviewtui

pytestmark = pytest.mark.starter

SHORT = ("--model", "starter", "--set", "max_length=32", "--set", "max_steps=3", "--wait", "--json")


def test_two_runs_are_compared_on_their_validation_rows_and_on_a_file(reviewtui: Reviewtui, tmp_path: Path) -> None:
    small = tmp_path / "small.csv"
    small.write_text("".join((SAMPLES / "train.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:121]))
    runs = [
        reviewtui("train", str(small), *SHORT, "--set", f"seed={seed}", "--name", f"seed-{seed}").json["run"]
        for seed in (1, 2)
    ]
    done = reviewtui("compare", "seed-1", "seed-2", "--json")
    assert done.status == 0, done.err
    found = done.json
    assert found["rows"] == 12 and found["excluded"] == 0
    assert [one["run"] for one in found["runs"]] == runs
    assert all(name in one for one in found["runs"] for name in PROMISED_OF_RUN)
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"]) == tuple(runs) and all(name in pair for name in PROMISED_OF_PAIR)
    assert sum(pair[name] for name in ("both_right", "only_a", "only_b", "neither")) == 12
    assert Path(found["file"]).is_file()
    differing = {one["setting"] for one in found["differing_settings"]}
    assert differing == {"seed"}

    said = reviewtui("compare", "seed-1", "seed-2", "--data", str(small), "--margin", "5")
    assert said.status == 0, said.err
    assert "on 12 rows" in said.out and "108 trained on by a compared model" in said.out
    assert "parameters" in said.out and "22.7 M" in said.out

    alone = reviewtui("compare", "seed-1")
    assert alone.status == 2 and alone.err == (
        "A comparison needs two different runs, and only seed-1 was named; `reviewtui runs` lists them.\n"
    )
    nobody = reviewtui("compare", "seed-1", "nobody")
    assert nobody.status == 2 and "No run is called 'nobody'" in nobody.err
