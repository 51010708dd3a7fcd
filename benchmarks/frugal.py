"""`python -m benchmarks.frugal`: compares the peak memory of the preset `frugal` with Hugging Face's default trainer.

Both train a model of BERT-base's shape on reviews of 512 tokens, with 32 reviews per optimizer step, for two steps. The
trainer keeps the activations of its whole batch. A limit on its process stops it when it asks for more memory than the
machine has. It is also measured with smaller batches, whose gradients it accumulates to the same 32 reviews. The figure
is the anonymous memory of the process in each case: sampled from outside, or by the worker, in a run's journal. Results
go to frugal.json beside this file and, together with memory.json, into MEMORY.md.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from benchmarks import machine
from benchmarks.data import Row, make_split, read_rows, write_rows
from benchmarks.jobs import Job, Training
from benchmarks.measure import environment, threads
from benchmarks.memory import HERE, reviewtui, write_report
from benchmarks.models import encoder

MODEL, TOKENS, BATCH, STEPS = "bert-base-shape", 512, 32, 2
_TEXTS_PER_REVIEW = 12
"""Reviews that are joined into one of at least 512 tokens."""
_ROWS = BATCH * STEPS
_SPARE = 2 << 30
"""Bytes left to the rest of the machine."""
_LOOK_SECONDS = 0.02


def reviews(cache: Path) -> tuple[Path, Path]:
    """Write reviews of 512 tokens or more, each joined from reviews with the same label, to two files.

    Returns:
        The training file, and a validation file with two reviews.
    """
    rows = read_rows(make_split("long", cache, 300).train)
    joined: list[Row] = []
    for number in range(_ROWS):
        label = str(number % 2)
        texts = [text for text, own in rows if own == label]
        start = number * _TEXTS_PER_REVIEW
        joined.append((" ".join(texts[(start + at) % len(texts)] for at in range(_TEXTS_PER_REVIEW)), label))
    data, held_out = (cache / "data" / f"joined-{count}.csv" for count in (_ROWS, 2))
    write_rows(data, joined)
    write_rows(held_out, joined[:2])
    return data, held_out


def ours(data: Path, held_out: Path, folder: Path) -> dict[str, Any]:
    """Forecast a run with the preset, and run it as a user would."""
    common = [str(data), "--validation", str(held_out), "--model", str(folder), "--preset", "frugal"]
    common += ["--set", f"max_steps={STEPS}", "--set", "checkpoint_seconds=0"]
    with tempfile.TemporaryDirectory(prefix="reviewtui-frugal-") as home:
        forecast = reviewtui(["forecast", *common, "--json"], Path(home))
        ended = reviewtui(["train", *common, "--wait", "--json"], Path(home))
    peaks = {"peak_bytes": ended["peak_memory_bytes"], "forecast_bytes": forecast["peak_bytes"]}
    return {"who": "frugal", "at_once": 2, **peaks}


def theirs(data: Path, held_out: Path, folder: Path, at_once: int) -> dict[str, Any]:
    """Run the trainer with `at_once` reviews at a time.

    If it runs out of memory, `refused_at` is its limit, and `peak_bytes` is what it had by then.
    """
    training = Training(epochs=1, batch_size=at_once, max_length=TOKENS)
    own = {"max_steps": STEPS, "gradient_accumulation_steps": BATCH // at_once}
    job = Job(
        peer="hf_default", task="train", model=str(folder), data=str(data), held_out=str(held_out), threads=threads(),
        training=training, options=own,
    )  # fmt: skip
    limit = psutil.virtual_memory().available - _SPARE
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peers.hf_default", job.to_json()],
        env=environment(threads()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),  # noqa: PLW1509 -- one thread
    )
    peak = 0
    while True:
        peak = max(peak, _anonymous(process.pid))
        try:
            _, err = process.communicate(timeout=_LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            continue
    if process.returncode and "memory" not in err:
        raise RuntimeError(f"hf_default: {err[-2000:]}")
    found = {"who": "Trainer", "at_once": at_once, "peak_bytes": peak}
    return {**found, "refused_at": limit} if process.returncode else found


def _anonymous(process: int) -> int:
    try:
        words = Path(f"/proc/{process}/status").read_text().partition("RssAnon:")[2].split()
    except OSError:
        return 0
    return int(words[0]) * 1024 if words else 0


def main(
    output: Annotated[Path, typer.Option(help="Folder for frugal.json and MEMORY.md.")] = HERE,
    cache: Annotated[Path, typer.Option(help="Folder for data and models.")] = HERE / ".cache",
) -> None:
    """Measure the peak memory of the preset frugal and of Hugging Face's trainer."""
    folder = encoder(MODEL, cache, environment(threads()))
    data, held_out = reviews(cache)
    rows = [ours(data, held_out, folder)]
    for at_once in (4, 8, 16, 32):
        rows.append(theirs(data, held_out, folder, at_once))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    results = {"machine": machine.describe(threads()), "commit": machine.commit(), "rows": rows}
    (output / "frugal.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_report(output)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    typer.run(main)
