"""Measures what the journal and the checkpoints of a run cost: `make bench-reliability`.

One run trains the starter on the sample reviews that are long enough to be cut to the same number of tokens, so every
step is the same work. Its steps are grouped into blocks, in turn: bare; with the journal, memory records and checks for
requests; with all of these and one checkpoint. The cost of a checkpoint is the additional time of its block, including
the effect of what runs beside the steps. For comparison, the library's trainer saves the same files.
"""

from __future__ import annotations

import csv
import os
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.measure import environment, threads

HERE = Path(__file__).parent
ROOT = HERE.parent
KINDS = ("bare", "journal", "checkpoint")
_TURN = ("bare", "journal", "checkpoint", "journal", "bare", "checkpoint")
"""Balanced, so that what the disk still writes after a checkpoint slows down the other two kinds equally."""
_BLOCK_STEPS = 5
_WARM_UP_BLOCKS = 2
_TOKENS = 48
_INTERVAL = 60.0
"""Default seconds between two checkpoints."""


def main(
    rounds: Annotated[int, typer.Option(min=2, help="Blocks of each kind.")] = 60,
    output: Annotated[Path, typer.Option(help="File for the table.")] = HERE / "RELIABILITY.md",
) -> None:
    """Measure the costs and write the table."""
    os.environ.update(environment(threads()))
    with tempfile.TemporaryDirectory() as home:
        os.environ["REVIEWTUI_HOME"] = home
        blocks, stalls = ours(rounds, same_length_reviews(Path(home) / "reviews.csv"))
        theirs = library(Path(home))
    text = table(blocks, stalls, theirs)
    output.write_text(text, encoding="utf-8")
    print(text)


def same_length_reviews(file: Path) -> Path:
    """Write the sample reviews of at least `_TOKENS` words to `file`."""
    with (ROOT / "sample_reviews" / "train.csv").open(encoding="utf-8", newline="") as samples:
        rows = [row for row in csv.DictReader(samples) if len(row["reviewText"].split()) >= _TOKENS]
    with file.open("w", encoding="utf-8", newline="") as ours:
        writer = csv.DictWriter(ours, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def ours(rounds: int, reviews: Path) -> tuple[dict[str, list[float]], list[float]]:
    """Return the seconds of each block, by kind, and the seconds for which each checkpoint delayed an update."""
    from core.base.memory import MemorySampler
    from core.runs.control import ControlReader
    from core.runs.folder import create_run
    from core.runs.journal import JournalWriter
    from core.runs.records import StepRecord
    from core.runs.request import Request
    from core.settings.schema import Settings
    from core.training.checkpoints import Checkpoint
    from core.worker.session import Session

    steps = (_WARM_UP_BLOCKS + rounds * len(KINDS)) * _BLOCK_STEPS
    changes = {"model": "starter", "max_steps": steps, "evaluate_every": 10**9, "checkpoint_seconds": 1e9}
    changes |= {"max_length": _TOKENS}
    run = create_run(Request(name="cost", data=str(reviews), settings=Settings().changed(changes)))
    blocks: dict[str, list[float]] = {kind: [] for kind in KINDS}
    stalls: list[float] = []

    class Blocks(Session):
        """A session that leaves out the journal, or checkpoints, in some blocks."""

        kind, began, waited = "", 0.0, 0.0
        sampler: MemorySampler | None = None

        def on_step(self, record: StepRecord) -> None:
            if self.kind in ("journal", "checkpoint"):
                super().on_step(record)
            number, inside = divmod(record.step, _BLOCK_STEPS)
            if inside == 0:
                self._turn(number - _WARM_UP_BLOCKS)

        def _turn(self, number: int) -> None:
            """End a block and begin the next. Writing that is still in progress counts towards the block that ends."""
            self._writer.wait()
            now = time.perf_counter()
            if self.kind:
                blocks[self.kind].append(now - self.began)
            if self.kind == "checkpoint":
                stalls.append(self.waited)
            if self.sampler is not None:
                self.sampler.stop()
                self.sampler = None
            self.kind, self.waited = _TURN[number % len(_TURN)], 0.0
            self._kept_requests = ["checkpoint"] if self.kind == "checkpoint" else []
            if self.kind != "bare":
                self.sampler = MemorySampler(self._record_memory)
                self.sampler.start()
            self.began = time.perf_counter()

        def control_requests(self) -> Any:
            return super().control_requests() if self.kind != "bare" else []

        def on_checkpoint(self, checkpoint: Checkpoint) -> None:
            began = time.perf_counter()
            super().on_checkpoint(checkpoint)
            self.waited += time.perf_counter() - began

        def settle(self) -> None:
            began = time.perf_counter()
            super().settle()
            self.waited += time.perf_counter() - began

    Blocks(run, JournalWriter(run.journal), ControlReader(run.control), threading.Event()).work(resume=False)
    return blocks, stalls


def library(folder: Path) -> list[float]:
    """Return the seconds of each save of the same model, optimizer, schedule and state by the library's trainer."""
    import torch
    from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

    from core.models.sources import resolve_model

    model = AutoModelForSequenceClassification.from_pretrained(resolve_model("starter").folder, num_labels=2)
    arguments = TrainingArguments(output_dir=str(folder / "trainer"), report_to=[], use_cpu=True)
    trainer = Trainer(model=model, args=arguments)
    trainer.create_optimizer_and_scheduler(100)
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    trainer.optimizer.step()
    taken = []
    for number in range(7):
        place = folder / f"library-{number}"
        began = time.perf_counter()
        trainer.save_model(str(place))
        trainer._save_optimizer_and_scheduler(str(place))
        trainer.state.save_to_json(str(place / "trainer_state.json"))
        taken.append(time.perf_counter() - began)
    return taken


def table(blocks: dict[str, list[float]], stalls: list[float], theirs: list[float]) -> str:
    """Return the figures as a Markdown page."""
    bare = blocks["bare"]
    pairs = zip(bare, blocks["journal"], blocks["checkpoint"], strict=False)
    journal, checkpoint = zip(
        *((with_it / without - 1, saved - with_it) for without, with_it, saved in pairs), strict=True
    )
    step = statistics.median(bare) / _BLOCK_STEPS
    share = statistics.median(checkpoint) / _INTERVAL
    rows = [
        ("a bare step", f"{step * 1000:.1f} ms"),
        (
            "journal, memory records, requests",
            f"{statistics.median(journal):+.2%} of the step ({confidence_interval(journal)})",
        ),
        ("a checkpoint, total cost", f"{statistics.median(checkpoint):.3f} s"),
        ("of that, delay of an update", f"{statistics.median(stalls):.3f} s (worst {max(stalls):.3f})"),
        ("the same, saved by the library", f"{statistics.median(theirs):.3f} s"),
        (
            "delay, relative to the library's save",
            f"{statistics.median(stalls) / statistics.median(theirs):.0%} (goal: at most 20 %)",
        ),
        ("checkpoints, one per minute", f"{share:+.2%} of the time"),
        ("together", f"{statistics.median(journal) + share:+.2%} (goal: at most 2 %)"),
    ]
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return (
        "# What reliability costs\n\nMade by `make bench-reliability`; do not edit. Starter, sample reviews cut to "
        f"{_TOKENS} tokens, otherwise default settings; {len(bare)} blocks of {_BLOCK_STEPS} steps of each kind, "
        "interleaved; medians.\n\n"
        f"| what | measured |\n|---|---|\n{lines}\n"
    )


def confidence_interval(shares: tuple[float, ...]) -> str:
    """Return the 95 % confidence interval of the median, by bootstrapping."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(shares, k=len(shares))) for _ in range(2000))
    return f"95 % interval: {medians[50]:+.2%} to {medians[-50]:+.2%}"


if __name__ == "__main__":
    typer.run(main)
