"""What was recorded: a real run and its baseline, as `docs/make_demo.py` has written them into recording.zip."""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from core.base.files import private_folder, write_json, write_whole
from core.runs.folder import RunFolder
from core.runs.journal import record_of
from core.runs.records import EndRecord, NoticeRecord, Record

FILE = Path(__file__).with_name("recording.zip")
NAME = "recorded run, replayed"
"""What the run is called wherever it is shown."""
MESSAGE = "a recording: nothing was trained here"


@dataclass(frozen=True)
class RecordedRun:
    """The files of a run."""

    settings: dict[str, Any]
    facts: dict[str, Any]
    """File name → content of its JSON files."""
    records: Sequence[Record]
    """Its journal."""

    @property
    def seconds(self) -> float:
        """How long it took, from its first record to its last."""
        return self.records[-1].time - self.records[0].time

    def lay_out(self, run: RunFolder, name: str, data: str) -> None:
        """Write all but the journal into the folder of a run."""
        private_folder(run.path)
        private_folder(run.checkpoints)
        write_whole(run.settings, tomli_w.dumps({**self.settings, "name": name, "data": data}))
        for file, content in self.facts.items():
            write_json(run.path / file, content)


@dataclass(frozen=True)
class Recording:
    """A run, and the baseline on the same data."""

    run: RecordedRun
    baseline: RecordedRun

    def renamed(self, run: str, baseline: str) -> Recording:
        """Return the recording with these ids of runs in place of those that it was made with."""
        ids = {"run": run, "baseline": baseline}

        def changed(recorded: RecordedRun) -> RecordedRun:
            records = [_with_ids(record, ids) for record in recorded.records]
            return RecordedRun(recorded.settings, recorded.facts, records)

        return Recording(changed(self.run), changed(self.baseline))

    def told_as_one(self, speed: float) -> Recording:
        """Return the recording with words in its journal that say what it is."""
        words = f"This is a recording of a real run, replayed at {speed:.2g} times its speed: nothing is trained here."
        first, *rest = self.run.records
        last = rest.pop()
        if isinstance(last, EndRecord):
            last = msgspec.structs.replace(last, message=MESSAGE)
        records = [first, NoticeRecord(text=words, time=first.time), *rest, last]
        return Recording(RecordedRun(self.run.settings, self.run.facts, records), self.baseline)


def read_recording(file: Path = FILE) -> Recording:
    """Return the recording that the package holds."""
    with zipfile.ZipFile(file) as archive:
        parts: dict[str, dict[str, bytes]] = {"run": {}, "baseline": {}}
        for entry in archive.namelist():
            part, _, name = entry.partition("/")
            parts[part][name] = archive.read(entry)
    return Recording(_recorded(parts["run"]), _recorded(parts["baseline"]))


def _recorded(files: dict[str, bytes]) -> RecordedRun:
    lines = files["events.jsonl"].splitlines()
    return RecordedRun(
        tomllib.loads(files["settings.toml"].decode()),
        {name: json.loads(content) for name, content in files.items() if name.endswith(".json")},
        [record for line in lines if (record := record_of(line)) is not None],
    )


def _with_ids(record: Record, ids: dict[str, str]) -> Record:
    if not isinstance(record, EndRecord):
        return record
    against = tuple(
        msgspec.structs.replace(one, run=ids.get(one.run, one.run), baseline=ids.get(one.baseline, one.baseline))
        for one in record.against
    )
    return msgspec.structs.replace(record, against=against)
