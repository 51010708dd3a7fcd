"""One call: what it was run on, its pieces in order of worth, and the report after each of them."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.gpu import forecasts, proofs
from benchmarks.gpu.contest import Contest
from benchmarks.gpu.report import render
from benchmarks.gpu.runner import Deadline, Piece, PieceFailedError, Runner, Stage, command
from benchmarks.gpu.store import Record, Store
from benchmarks.measure import environment, threads
from core.base.memory import device_samples

HERE = Path(__file__).resolve().parent
SESSIONS = "sessions"
_ROUNDS = 6
_FIRST_FORECASTS = 24
_RESERVE_SECONDS = 6.0
"""Of the limit, for ending what runs and writing the report."""
_EXPECTED_SECONDS = 40.0
"""That a piece takes at most on a GPU, until one of its kind was measured."""


class Session:
    """One call of `python -m benchmarks.gpu`."""

    def __init__(self, asked: argparse.Namespace, scratch: Path) -> None:
        """Args: scratch: a folder that is empty and goes away afterwards."""
        self._deadline = Deadline(asked.minutes * 60 - _RESERVE_SECONDS)
        self._dry = asked.dry_run or not device_samples()
        self._asked, self._scratch = asked, scratch
        self._inputs = scratch / "inputs"
        self._machine = machine.describe(threads(), gpu=not self._dry)
        self._store = Store(asked.output or self._usual_output())

    def run(self) -> int:
        """Do every piece that has no result yet; 0, or 1 if a piece failed, or 2 if the folder is another machine's."""
        if self._dry:
            print(
                "There is no GPU, or a dry run was asked for: tiny models, whose times mean nothing.", file=sys.stderr
            )
        earlier = self._store.read(SESSIONS)
        if any(one["machine"] != self._machine for one in earlier):
            where = earlier[0]["machine"]
            print(
                f"{self._store.folder} has results of another machine or other libraries "
                f"({where.get('gpu', where['processor'])}, {where['versions']}); name another --output.",
                file=sys.stderr,
            )
            return 2
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._deadline.come())
        contest = Contest(self._inputs, dry=self._dry)
        try:
            stages = self._stages(contest)
            self._store.append(SESSIONS, self._facts(len(earlier) + 1, stages))
            self._report()
            expected = 0.0 if self._dry else _EXPECTED_SECONDS
            Runner(self._store, self._deadline, expected, self._report).run(stages, len(earlier) + 1)
        finally:
            contest.close()
            forecasts.end_workers(self._scratch)
        self._report()
        print(f"{self._store.folder / 'RESULTS.md'}, after {self._deadline.elapsed():.0f} s", file=sys.stderr)
        parts = (proofs.PART, "benchmark", forecasts.PART)
        return int(any("failed" in record for part in parts for record in self._store.latest(part).values()))

    def _stages(self, contest: Contest) -> list[Stage]:
        first = [Piece("", "reviews and models", "inputs", self._make_inputs)]
        first += proofs.pieces(self._scratch, dry=self._dry)
        rows = forecasts.pieces(self._inputs, self._scratch, dry=self._dry)
        at_once = forecasts.at_once()
        rounds = [Stage(contest.pieces(number)) for number in range(1, _ROUNDS + 1)]
        stages = [
            Stage(first, at_once=max(threads() * 3 // 4, 2)),
            rounds[0],
            Stage(rows[:_FIRST_FORECASTS], at_once),
            *rounds[1:2],
            Stage(rows[_FIRST_FORECASTS:], at_once),
            *rounds[2:],
        ]
        return one_of_each(stages) if self._dry or self._asked.one_of_each else stages

    def _make_inputs(self, deadline: Deadline) -> Record:
        words = [sys.executable, "-m", "benchmarks.gpu.inputs", str(self._inputs), str(self._tokenizer())]
        ended = command([*words, *(["--tiny"] if self._dry else [])], environment(threads()), deadline)
        if ended.status:
            raise PieceFailedError(ended.err[-3000:])
        return {}

    def _tokenizer(self) -> Path:
        carried = Path(self._asked.kit) / "tokenizer"
        if carried.is_dir():
            return carried.resolve()
        from core.models.sources import starter_folder

        return starter_folder()

    def _facts(self, number: int, stages: list[Stage]) -> Record:
        pieces = [piece for stage in stages for piece in stage.pieces if piece.part]
        return {
            "name": str(number),
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "command": _command(sys.argv[1:]),
            "commit": self._asked.commit or machine.commit(),
            "minutes": self._asked.minutes,
            "dry_run": self._dry,
            "machine": self._machine,
            "driver": "" if self._dry else _driver(),
            "planned": {part: sum(piece.part == part for piece in pieces) for part in {piece.part for piece in pieces}},
        }

    def _report(self) -> None:
        target = self._store.folder / "RESULTS.md"
        beside = target.with_name(".RESULTS.md.new")
        beside.write_text(render(self._store), encoding="utf-8")
        beside.replace(target)

    def _usual_output(self) -> Path:
        if self._dry:
            return HERE.parent / ".cache" / "gpu-dry-run" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        card = "-".join(self._machine["gpu"].lower().split())
        return HERE / "results" / f"{datetime.now(UTC):%Y-%m-%d}-{card}"


def one_of_each(stages: Sequence[Stage]) -> list[Stage]:
    """Only the first piece of each kind."""
    first: dict[str, Piece] = {}
    for stage in stages:
        for piece in stage.pieces:
            first.setdefault(piece.kind, piece)
    chosen = [Stage([piece for piece in stage.pieces if piece is first[piece.kind]], stage.at_once) for stage in stages]
    return [stage for stage in chosen if stage.pieces]


def _driver() -> str:
    import pynvml

    pynvml.nvmlInit()
    return str(pynvml.nvmlSystemGetDriverVersion())


def _command(words: Sequence[str]) -> str:
    """Return the command of this call as it is published: of a path, which only this machine has, the last part."""
    return shlex.join(
        ["python3", "-m", "benchmarks.gpu", *(Path(word).name if "/" in word else word for word in words)]
    )
