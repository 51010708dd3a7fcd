"""`python -m benchmarks.triage`, or `make bench-triage`: working through a pile of 100,000 reviews.

The pile is joined from sentences of the reviews at hand, with some words exchanged, 3 % exact and 5 % near copies.

What an engine does: reading, near copies, each order, filters; processor seconds of one process. Scores come from a
model that costs nothing, since an order takes as long whatever they are; how fast a real one scores is measured apart,
with a starter and the first 2,000 reviews.

Keys: the workbench on a pseudo-terminal of 80×24, and a run that trains beside it. From a key that decides until the
next review is on the screen, in each order; and the bytes that come over the wire for it.

Both can be measured apart (`--only`); TRIAGE.md is written from all that triage.json holds.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import resource
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.data import SAMPLE, SHARED, distinct_rows
from benchmarks.formatting import digits, markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads
from core.base.errors import InputError
from core.base.files import home
from core.reviews.options import ReadingOptions
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder, create_run, find_run
from core.runs.launch import launch_worker
from core.runs.request import Request
from core.scores.scoring import score
from core.settings.schema import Settings
from core.triage.pile_data import PileData

HERE = Path(__file__).resolve().parent
ROWS = 100_000
_SHARED_FILE = ("clothing_reviews.csv", ("Review Text", "Recommended IND"))
_SAMPLE_COLUMNS = ("reviewText", "isPositive")
_SEED = 3
_EXCHANGED = 0.12
"""The share of words that are exchanged, so that few reviews are near copies by chance."""
_SCORED = 2_000
QUERIES = ("refund", '"did not"', "p<0.6", "predicted:negative p<0.7 state:undecided dress", "-length>40 margin<0.2")
ORDERS = ("uncertainty", "disagreement", "suspicion", "similarity", "random")


def main(
    only: Annotated[str | None, typer.Option(help="engine or keys; both by default.")] = None,
    rows: Annotated[int, typer.Option(help="Reviews in the pile.")] = ROWS,
    decisions: Annotated[int, typer.Option(help="Decisions in each order.")] = 60,
    cache: Annotated[Path, typer.Option(help="Folder for data and runs.")] = HERE / ".cache",
    output: Annotated[Path, typer.Option(help="Folder of triage.json and TRIAGE.md.")] = HERE,
) -> None:
    """Measure, and write all that was measured so far."""
    os.environ["REVIEWTUI_HOME"] = str(cache / "triage")
    file = output / "triage.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    pile = made_pile(cache / f"pile-{rows}.csv", rows)
    if only in (None, "engine"):
        found["engine"] = {"load_before": load(), "rows": rows, **engine(pile)}
    if only in (None, "keys"):
        from benchmarks.triage_keys import keys

        found["keys"] = {"load_before": load(), "rows": rows, **keys(pile, trained(), decisions)}
    found |= {"machine": describe(threads()), "commit": commit(), "date": date.today().isoformat()}
    file.write_text(json.dumps(found, indent=2) + "\n")
    (output / "TRIAGE.md").write_text(page(found))


def made_pile(file: Path, rows: int) -> Path:
    """Write a pile of `rows` reviews, unless `file` exists; the same every time."""
    if file.exists():
        return file
    texts = _texts()
    words = sorted({word for text in texts for word in text.split()})
    sentences = [part for text in texts for part in re.split(r"(?<=[.!?])\s+", text) if part]
    chance, made = random.Random(_SEED), list[str]()
    while len(made) < rows:
        kind = chance.random()
        if made and kind < 0.03:
            made.append(chance.choice(made))
        elif made and kind < 0.08:
            near = chance.choice(made).split(" ")
            near[chance.randrange(len(near))] = chance.choice(words)
            made.append(" ".join(near))
        else:
            some = [chance.choice(sentences) for _ in range(chance.randint(1, 6))]
            mixed = [chance.choice(words) if chance.random() < _EXCHANGED else word for word in " ".join(some).split()]
            made.append(" ".join(mixed))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as target:
        lines = csv.writer(target)
        lines.writerow(["ticket", "review", "label"])
        lines.writerows([number, text, chance.choice(("negative", "positive"))] for number, text in enumerate(made))
    return file


def _texts() -> list[str]:
    name, columns = _SHARED_FILE
    shared = (SHARED / name).exists()
    found = distinct_rows(SHARED / name, columns) if shared else distinct_rows(SAMPLE, _SAMPLE_COLUMNS)
    return [text for text, _ in found]


class Costless:
    """A model whose answers are drawn from the text, with a seed."""

    labels = ("negative", "positive")
    special_tokens: Any = SimpleNamespace(max_length=128)

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def examine(self, texts: Sequence[str]) -> tuple[Any, Any, Any]:
        """Return logits, tokens and unknown tokens."""
        drawn = np.array([zlib.crc32(text.encode(), self.seed) for text in texts])
        logits = np.stack([np.zeros(len(texts)), drawn / 2**30 - 2], axis=1).astype(np.float32)
        return logits, np.array([len(text) // 4 for text in texts]), drawn % 3


def costless(seed: int, model: Path, device: str) -> Costless:
    return Costless(seed)


def model_folder(name: str) -> Path:
    """Return a folder that looks like a model's, for scores that cost nothing."""
    folder = Path(os.environ["REVIEWTUI_HOME"]) / "costless" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"name": name}))
    return folder


def engine(file: Path) -> dict[str, Any]:
    """Return the processor seconds of what an engine does with the pile."""
    seconds: dict[str, float] = {}

    def timed(what: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        done = work()
        seconds[what] = round(time.process_time() - began, 3)
        return done

    for kept in ("data", "texts", "scores"):  # what an earlier measurement left
        shutil.rmtree(home() / kept, ignore_errors=True)
    reading = ReadingOptions(text="review", label="label")
    timed("reading the file", lambda: read_unlabelled(str(file), reading))
    pile = PileData(str(file), reading)
    facts = timed("words and near copies", lambda: pile.facts)
    for number, name in enumerate(("one", "two")):
        model = model_folder(name)
        score(model, pile.reviews, str(file), load=partial(costless, number))
        pile.model, pile.second_model = (model, pile.second_model) if number == 0 else (pile.model, model)
    timed("the random sequence", lambda: pile.numbers)
    for order in ORDERS:
        timed(f"order: {order}", partial(pile.arrange, order, like=77))
        timed(f"order: {order}, again", partial(pile.arrange, order, like=78))
    for query in QUERIES:
        timed(f"filter: {query}", partial(pile.fits, query))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return {"seconds": seconds, "copies": int((facts.copies > 0).sum()), "peak_bytes": peak, **_scoring(file, reading)}


def _scoring(file: Path, reading: ReadingOptions) -> dict[str, Any]:
    """Return how fast a starter scores the first reviews of the pile, in this process alone."""
    part = file.with_name(f"{file.stem}-first-{_SCORED}.csv")
    with file.open(newline="", encoding="utf-8") as source, part.open("w", newline="", encoding="utf-8") as target:
        lines = csv.writer(target)
        for number, row in enumerate(csv.reader(source)):
            if number > _SCORED:
                break
            lines.writerow(row)
    reviews = read_unlabelled(str(part), reading)
    model = trained().model
    began, used = time.perf_counter(), time.process_time()
    score(model, reviews, str(part))
    return {
        "scored": len(reviews),
        "scoring_seconds": round(time.perf_counter() - began, 2),
        "scoring_cpu_seconds": round(time.process_time() - used, 2),
    }


def trained() -> RunFolder:
    """Return a starter that was trained for a few steps; it is trained once."""
    try:
        return find_run("triage")
    except InputError:
        settings = Settings(model="starter", max_steps=8)
    run = create_run(Request(name="triage", data=str(SAMPLE), settings=settings))
    launch_worker(run)
    while not (run.model / "config.json").is_file():
        time.sleep(0.5)
    return run


def page(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine = found["machine"]
    parts = [
        "# Working through 100,000 reviews\n\n"
        "Written by `make bench-triage`; benchmarks/triage.py says what is measured, triage.json has the raw "
        "figures.\n\n"
        f"{found['date']}, commit {found['commit']}, {machine['processor']}, {machine['threads']} threads.\n\n"
    ]
    if engine := found.get("engine"):
        rows = [[what, digits(seconds)] for what, seconds in engine["seconds"].items()]
        rate = engine["scored"] / engine["scoring_seconds"]
        parts.append(
            f"## The engine\n\nProcessor seconds for {engine['rows']:,} reviews, {engine['copies']:,} of which have "
            f"near copies; peak memory {engine['peak_bytes'] / 2**20:.0f} MiB. Load before: "
            f"{engine['load_before']}.\n\n"
            + markdown(["", "seconds"], rows)
            + f"\nA starter scores {rate:.0f} reviews/s ({engine['scored']:,} reviews in "
            f"{engine['scoring_seconds']:.0f} s, {engine['scoring_cpu_seconds']:.0f} s of processor time, loading the "
            "model included).\n\n"
        )
    if keys := found.get("keys"):
        from benchmarks.triage_keys import HEAD, row_of

        parts.append(
            "## Keys\n\nFrom the key that decides to the next review on the screen, in milliseconds, 80×24, while a "
            f"run trains ({keys['rows']:,} reviews; load before: {keys['load_before']}). Goal: 100 ms at the 95th "
            "percentile, 8 kB a decision.\n\n"
            + markdown(HEAD, [row_of(name, one) for name, one in keys["orders"].items()])
        )
    return "".join(parts)


if __name__ == "__main__":
    typer.run(main)
