"""Records the run that `reviewtui demo` replays: `make demo-recording` (some minutes on a quiet machine).

The starter is trained on the sample reviews, after a baseline of them and after a short run that measures this machine,
so that the recorded run has a line to beat and a forecast. What is kept is what the screens read: settings, provenance,
forecast and journal, without names of hosts and folders. A home that holds both runs can be named to skip the training:
the newest run is then recorded, with the newest baseline.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tui" / "demo" / "recording.zip"
DATA = "sample_reviews"
HOST = "the recorded machine"
SETTINGS = ("epochs=4", "evaluate_every=20", "checkpoint_seconds=15")
_DATE = (2026, 1, 1, 0, 0, 0)
"""Of every file in the archive, so that the same recording is the same bytes."""


def train() -> None:
    """Train what is recorded, in the home that the environment names."""
    for words in (
        ["baseline", DATA, "--name", "baseline"],
        ["train", DATA, "--name", "measured", "--set", "max_steps=8"],
        ["train", DATA, "--name", "first-model", *(word for one in SETTINGS for word in ("--set", one))],
    ):
        command = [sys.executable, "-m", "tui", *words, "--model", "starter", "--wait"]
        subprocess.run(command, cwd=ROOT, check=True)


def record() -> dict[str, bytes]:
    """Return the files of the recording: `run/…` of the newest fine-tuned run, `baseline/…` of the newest baseline."""
    from core.runs.folder import RunFolder, list_runs
    from core.runs.outline import read_outline

    newest: dict[str, RunFolder] = {}
    for run in list_runs():
        outline = read_outline(run.settings)
        if outline is not None:
            newest.setdefault("baseline" if outline.method == "baseline" else "run", run)
    ids = {newest["run"].id: "run", newest["baseline"].id: "baseline"}
    found = {}
    for name, run in newest.items():
        settings = tomllib.loads(run.settings.read_text(encoding="utf-8"))
        found[f"{name}/settings.toml"] = tomli_w.dumps({**settings, "data": DATA}).encode()
        for kept in (run.provenance, run.forecast):
            if kept.exists():
                facts = json.loads(kept.read_text(encoding="utf-8"))
                hidden = {key: value for key, value in (("machine", HOST), ("data", DATA)) if key in facts}
                found[f"{name}/{kept.name}"] = json.dumps({**facts, **hidden}, indent=1).encode()
        found[f"{name}/{run.journal.name}"] = _journal(run.journal, ids)
    return found


def _journal(path: Path, ids: dict[str, str]) -> bytes:
    from core.runs.journal import JournalReader, line_of

    return b"".join(line_of(_nameless(record, ids)) for record in JournalReader(path).read_new())


def _nameless(record: Any, ids: dict[str, str]) -> Any:
    """Return a record without names of the machine, and with names of our own for the runs."""
    from core.runs.records import EndRecord, MemoryRecord, StartedRecord

    if isinstance(record, StartedRecord):
        return msgspec.structs.replace(record, host=HOST)
    if isinstance(record, MemoryRecord):
        gpus = tuple(msgspec.structs.replace(gpu, others=()) for gpu in record.devices)
        return msgspec.structs.replace(record, devices=gpus)
    if isinstance(record, EndRecord):
        against = [
            msgspec.structs.replace(one, run=ids[one.run], baseline=ids[one.baseline])
            for one in record.against
            if {one.run, one.baseline} <= ids.keys()
        ]
        return msgspec.structs.replace(record, against=tuple(against))
    return record


def write(files: dict[str, bytes]) -> None:
    """Write the archive."""
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    """Train, unless a home is given, then record."""
    with tempfile.TemporaryDirectory() as made:
        os.environ["REVIEWTUI_HOME"] = sys.argv[1] if len(sys.argv) > 1 else made
        if len(sys.argv) == 1:
            train()
        write(record())
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
