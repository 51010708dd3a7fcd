"""`python -m benchmarks.reasons`, or `make bench-reasons`: whether the words that explain a prediction carry it, and
how long an explanation takes.

Faithfulness, on three sets of reviews (two of them only where the shared data is): a starter is fine-tuned with
`reviewtui train`, and explains 200 reviews that it has not seen; `faithfulness.py` says what is measured.

Time, on reviews of about 128 tokens, joined from short ones: from the request to the engine service until its answer,
alone and while a run trains; and how long the engine needs for the next answer when an explanation is cancelled.
Explanations during which other processes used more than a tenth of the processors are not counted, and others are asked
for instead, as long as `--minutes` allows. How many tokens an explanation computes is counted, too: that depends on no
machine.

Both can be measured apart (`--only`), and faithfulness goes on where it was interrupted. REASONS.md is written from all
that reasons.json holds.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import psutil
import typer

from benchmarks.busy import end, watched
from benchmarks.data import ROOT, SAMPLE, SHARED, Row, distinct_rows, write_rows
from benchmarks.faithfulness import COUNTS, MEASURES, faithfulness, interval
from benchmarks.formatting import digits, markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads
from benchmarks.ratios import quantile
from core.engine.client import EngineClient
from core.engine.requests import Explain, Load
from core.inference.explanation import Explanation
from core.inference.predictor import Predictor
from core.runs.folder import create_run, find_run
from core.runs.launch import launch_worker
from core.runs.lock import read_holder
from core.runs.request import Request
from core.settings.schema import Settings

HERE = Path(__file__).resolve().parent
_SAMPLE_TEST = SAMPLE.with_name("test.csv")
_SHARED_SETS = {
    "clothing reviews": ("clothing_reviews.csv", ("Review Text", "Recommended IND")),
    "amazon cells": ("amazon_cells.csv", ("reviewText", "isPositive")),
}
_SAMPLE_COLUMNS = ("reviewText", "isPositive")
_SEED = 7
_TOKENS = 128
_LIMIT_SECONDS = 1.5
_DISTURBED = 0.1
"""Share of the processors that others may use."""
_TRAINING = ("--model", "starter", "--set", "epochs=3", "--set", "max_length=192")


def main(
    only: Annotated[str, typer.Option(help="faithfulness or time; both by default.")] = "",
    reviews: Annotated[int, typer.Option(help="Reviews of a set to explain.")] = 200,
    timed: Annotated[int, typer.Option(help="Explanations to time, alone and while a run trains.")] = 40,
    minutes: Annotated[float, typer.Option(help="Minutes after which no more explanations are timed.")] = 10.0,
    cache: Annotated[Path, typer.Option(help="Folder for data and runs.")] = HERE / ".cache",
    output: Annotated[Path, typer.Option(help="Folder of reasons.json and REASONS.md.")] = HERE,
) -> None:
    """Measure, and write everything measured so far."""
    home = cache.absolute() / "reasons"
    os.environ["REVIEWTUI_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True)
    file = output / "reasons.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"sets": {}, "times": {}}

    def write() -> None:
        file.write_text(json.dumps(found, indent=2) + "\n")
        (output / "REASONS.md").write_text(page(found))

    facts = {"machine": describe(threads()), "commit": commit(), "date": date.today().isoformat()}
    if only in ("", "faithfulness"):
        for name, (train, test) in sets(home).items():
            model = trained(name, train, home)
            found["sets"][name] = facts | measured(model, test, reviews, home / f"{model.parent.name}.jsonl")
            write()
    if only in ("", "time"):
        train, test = sets(home)["sample reviews"]
        model, texts = trained("sample reviews", train, home), [text for text, _ in test]
        joined = of_length(Predictor(model), texts, timed)
        found["times"]["alone"] = facts | timing(model, joined, minutes, ())
        write()
        with training(train) as worker:
            found["times"]["while a run trains"] = facts | timing(model, joined, minutes, (worker,))
        write()


def sets(home: Path) -> dict[str, tuple[Path, list[Row]]]:
    """Return for each set of reviews the file to train on, and the rows to explain."""
    found = {"sample reviews": (SAMPLE, distinct_rows(_SAMPLE_TEST, _SAMPLE_COLUMNS))}
    for name, (file, columns) in _SHARED_SETS.items():
        if (SHARED / file).is_file():
            rows = distinct_rows(SHARED / file, columns)
            random.Random(_SEED).shuffle(rows)
            cut = len(rows) * 3 // 4
            train = home / f"{name.replace(' ', '-')}.csv"
            write_rows(train, rows[:cut])
            found[name] = (train, rows[cut:])
    return found


def trained(name: str, train: Path, home: Path) -> Path:
    """Return the model of a starter that was fine-tuned on a file, now or before."""
    known = home / f"{name.replace(' ', '-')}.run"
    if not known.exists():
        command = [sys.executable, "-P", "-m", "tui", "train", str(train), *_TRAINING, "--wait", "--json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, check=True, cwd=home, env=environment)
        known.write_text(json.loads(done.stdout)["run"])
    return find_run(known.read_text()).model


def measured(model: Path, rows: list[Row], reviews: int, kept: Path) -> dict[str, Any]:
    """Explain reviews, and say how their words compare with random ones.

    What each review came to is appended to `kept`, so a benchmark that was interrupted goes on from there.
    """
    predictor = Predictor(model)
    chosen = random.Random(_SEED).sample(rows, min(reviews, len(rows)))
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    with kept.open("a") as file:
        for number in range(len(done), len(chosen)):
            done.append(one_review(predictor, chosen[number][0], number))
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
    pairs: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for one in done:
        for count, measure, own, drawn in one["pairs"]:
            pairs.setdefault((count, measure), []).append((own, drawn))
    intervals = [
        {"words": count, "measure": measure, **asdict(interval(pairs[count, measure], measure))}
        for measure in MEASURES
        for count in COUNTS
        if len(pairs.get((count, measure), ())) > 1
    ]
    facts = {name: sum(one["facts"][name] for one in done) for name in done[0]["facts"]}
    return {"facts": facts, "intervals": intervals}


def one_review(predictor: Predictor, review: str, seed: int) -> dict[str, Any]:
    """Explain one review: counts, and the pairs that `faithfulness.py` measures."""
    found, compared = faithfulness(predictor, review, seed)
    deleted = [part for part in found.parts if part.deleted is not None]
    reliability = found.reliability
    facts = {
        "reviews": 1,
        "sentence by sentence": int(found.unit == "sentence"),
        "no single word": int(not any(found.decides(part) for part in found.strongest("word"))),
        "judged": int(reliability is not None),
        "not reliable": int(reliability is not None and not reliability.holds),
        "named": len(deleted),
        "disagree": sum(part.disagrees for part in deleted),
    }
    return {"facts": facts, "pairs": [(*key, *pair) for key, pair in compared.items()]}


def of_length(predictor: Predictor, texts: list[str], count: int) -> list[str]:
    """Return reviews of about 128 tokens, joined from random short ones."""
    chance, found = random.Random(_SEED), list[str]()
    while len(found) < count:
        review = ""
        while predictor.logits([review])[1][0] < _TOKENS - 8:
            review = f"{review} {chance.choice(texts)}".strip()
        if predictor.logits([review])[1][0] <= _TOKENS + 8:
            found.append(review)
    return found


def timing(model: Path, texts: list[str], minutes: float, beside: Sequence[int]) -> dict[str, Any]:
    """Ask a new engine service for explanations one after the other, and cancel as many.

    Args:
        model: The folder of a model.
        texts: Reviews, explained in turn until there are as many undisturbed times, or the time is up.
        minutes: That time.
        beside: Ids of processes that belong to what is measured.
    """
    found: dict[str, Any] = {"seconds": [], "cancelled": [], "tokens": [], "disturbed": 0, "load_before": load()}
    client, until = EngineClient(), time.monotonic() + 60 * minutes
    try:
        client.call(Explain(folder=str(model), text="Works well."))
        assert client._process is not None
        own = (os.getpid(), client._process.pid, *beside)
        for text in itertools.cycle(texts):
            if len(found["seconds"]) == len(texts) or time.monotonic() > until:
                break
            request = Explain(folder=str(model), text=text)
            began, others = time.monotonic(), _of_others(own)
            answer = client.call(request)
            seconds = time.monotonic() - began
            if (_of_others(own) - others) / (seconds * threads()) > _DISTURBED:
                found["disturbed"] += 1
                continue
            found["seconds"].append(seconds)
            found["tokens"].append(_TOKENS * passes(answer.explanation))
            found["cancelled"].append(_cancelling(client, request))
    finally:
        client.close()
    return found


def passes(found: Explanation) -> int:
    """Return how often the model reads a review for its explanation."""
    deleted = sum(part.deleted is not None for part in found.parts)
    judged = 1 + len(found.reliability.random) if found.reliability is not None else 0
    return 1 + len(found.parts) + deleted + judged


def _of_others(own: Sequence[int]) -> float:
    """Return the processor seconds that all processes but some, and their children, have used so far."""
    times = psutil.cpu_times()
    used = sum(times) - times.idle - times.iowait - times.guest - times.guest_nice
    for pid in own:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            family = [process, *process.children(recursive=True)] if pid != os.getpid() else [process]
            used -= sum(sum(one.cpu_times()[:2]) for one in family)
    return used


def _cancelling(client: EngineClient, request: Explain) -> float:
    """Return how long the engine needs for another answer after an explanation in progress is cancelled."""
    explaining = Event()
    future = client.request(request, lambda what, fraction: explaining.set() if what == "explaining" else None)
    explaining.wait(60)
    began = time.monotonic()
    future.cancel()
    client.call(Load(folder=request.folder))
    return time.monotonic() - began


@contextlib.contextmanager
def training(data: Path) -> Iterator[int]:
    """Fine-tune the starter without end; yield the id of the worker's process."""
    run = create_run(Request(name="beside", data=str(data), settings=Settings(model="starter", epochs=1000)))
    launch_worker(run)
    try:
        watched(run, 0.0)
        holder = read_holder(run.lock)
        assert holder is not None
        yield holder.pid
    finally:
        end(run)


def page(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    parts = [
        "# Reasons: whether the words carry the prediction, and what they cost\n\n"
        "Written by `make bench-reasons` (`benchmarks/reasons.py` and `faithfulness.py`, which explain what is "
        "measured); do not edit.\n"
    ]
    for name, one in found["sets"].items():
        facts = one["facts"]
        disagree = facts["disagree"] / max(facts["named"], 1)
        parts.append(
            f"\n## Faithfulness: {name}\n\n{_where(one)}\n\n"
            f"{facts['reviews']} reviews; {facts['sentence by sentence']} of them sentence by sentence. No single word "
            f"decides {facts['no single word']}; {facts['not reliable']} of {facts['judged']} that are judged are "
            f"called not reliable. Masking and deleting disagree about {disagree:.0%} of the words named.\n\n"
            "How much the probability falls without the words (comprehensiveness) or with only them (sufficiency); the "
            "difference is positive where the explanation's are better. 95 % intervals of a paired bootstrap.\n\n"
            + markdown(
                ["measure", "words", "reviews", "explanation", "random words", "difference", "95 % interval", "goal"],
                [_row(row) for row in one["intervals"]],
            )
        )
    if found["times"]:
        head = ["", "explanations", "p50", "p95", f"goal p95 ≤ {_LIMIT_SECONDS} s", "tokens computed p50", "p95"]
        head += ["next answer after a cancel p50", "p95", "disturbed, not counted"]
        parts.append(
            f"\n## Time: reviews of {_TOKENS} tokens\n\n"
            + "".join(f"{name}: {_where(one)}\n\n" for name, one in found["times"].items())
            + markdown(head, [_time_row(name, one) for name, one in found["times"].items()])
        )
    return "".join(parts)


def _where(one: dict[str, Any]) -> str:
    machine = one["machine"]
    return (
        f"{one['date']}, {machine['processor']}, {machine['threads']} threads, {machine['system']}, "
        f"commit {one['commit']}."
    )


def _row(row: dict[str, Any]) -> list[str]:
    """Return a row of the table of a set."""
    return [
        row["measure"],
        str(row["words"]),
        str(row["reviews"]),
        f"{row['explained']:.3f}",
        f"{row['random']:.3f}",
        f"{row['difference']:+.3f}",
        f"{row['low']:+.3f} to {row['high']:+.3f}",
        "met" if row["low"] > 0 else "missed",
    ]


def _time_row(name: str, one: dict[str, Any]) -> list[str]:
    """Return a row of the table of times."""
    seconds, disturbed = one["seconds"], str(one["disturbed"])
    if not seconds:
        return [name, "0", *["not measured"] * 7, disturbed]

    def shown(values: Sequence[float], unit: str) -> list[str]:
        return [f"{digits(quantile(values, share))}{unit}" for share in (0.5, 0.95)]

    met = "met" if quantile(seconds, 0.95) <= _LIMIT_SECONDS else "missed"
    of_all = [*shown(seconds, " s"), met, *shown(one["tokens"], ""), *shown(one["cancelled"], " s")]
    return [name, str(len(seconds)), *of_all, disturbed]


if __name__ == "__main__":
    typer.run(main)
