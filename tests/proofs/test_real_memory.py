"""Out of memory for real: an address space that is limited, and a control group in which the kernel kills."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.subprocess_env import child_environment
from core.runs.folder import RunFolder
from core.runs.journal import JournalReader
from core.runs.records import KilledRecord, PlanRecord, StepRecord
from tests.proofs.short_of_memory import compare

pytestmark = [pytest.mark.proof, pytest.mark.starter, pytest.mark.timeout(600)]

GROUPS = Path("/sys/fs/cgroup")
MIB = 1 << 20


@pytest.mark.parametrize(("path", "room"), [("native", 350), ("transformers", 900)])
def test_an_address_space_that_is_too_small_changes_nothing_but_micro_batches(path: str, room: int) -> None:
    found = compare("starter", path, "cpu", room)
    print(f"{path}: largest difference of a weight {found['gap']:.1e}; {found['said']}")
    assert found["said"], "the limit was wide enough: nothing was shown"
    assert found["reviews"] == [32, 32]
    assert found["gap"] <= 1e-5


@pytest.fixture
def control_group() -> Iterator[Path]:
    """A new control group for memory; skipped where this user may make none."""
    base = GROUPS / "memory" if (GROUPS / "memory").is_dir() else GROUPS
    group = base / "reviewtui-proof"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error.strerror})")
    yield group
    group.rmdir()


def test_a_worker_that_the_kernel_kills_finishes_its_run(
    control_group: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    data = tmp_path / "long.csv"
    with data.open("w", newline="", encoding="utf-8") as file:
        rows = [(f"chair {number} " + "not so good as it looks " * 80, str(number % 2)) for number in range(160)]
        csv.writer(file).writerows([("text", "label"), *rows])
    old = (control_group / "memory.limit_in_bytes").exists()
    (control_group / ("memory.limit_in_bytes" if old else "memory.max")).write_text(str(1750 * MIB))
    asked = "batch_size=64 micro_batch_size=64 max_steps=2 precision=fp32 max_length=256".split()
    command = [sys.executable, "-m", "tui", "train", str(data), "--model", "starter", "--wait", "--json"]
    command += [word for setting in asked for word in ("--set", setting)]
    inside = f'echo $$ > {control_group}/cgroup.procs; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", inside, "sh", *command],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ended = json.loads(done.stdout)
    records = JournalReader(RunFolder(Path(ended["folder"])).journal).read_new()
    killed = [record for record in records if isinstance(record, KilledRecord)]
    peak = ended["peak_memory_bytes"] / MIB
    print(f"killed {len(killed)} times, then {ended['state']} with a peak of {peak:.0f} MiB")
    assert killed, "the kernel killed nothing: the limit was wide enough"
    assert ended["state"] == "finished"
    rest = next(record.rows for record in records if isinstance(record, PlanRecord)) % 64
    assert {record.reviews for record in records if isinstance(record, StepRecord)} <= {64, rest}
