"""Runs that were recorded for the tests of the diagnosis: trained with a known fault, or without one.

`python -m tests.core.diagnosis.recording` trains those that are not recorded yet on the sample reviews, and writes
recordings.json, which holds the figures of every step and evaluation, and what the worker noted of layers, time and
processors. It takes half an hour. Arguments are the beginnings of names to record again.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from core.diagnosis.finding import Figures
from core.learners.time_spent import PARTS
from core.runs.control import send
from core.runs.folder import find_run, list_runs
from core.runs.history import RunHistory, read_history
from core.runs.records import Record
from core.settings.schema import Settings
from tests.core.runs.whole_records import record

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(__file__).with_name("recordings.json")
_STEP = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "time")
"""Columns of the steps; those that were recorded first lack the last two."""
_TIME = ("step", "elapsed", *PARTS)
_MEMORY = ("time", "process_peak", "system_total", "limit", "processors", "processors_ours", "processors_busy", "lost")
_PART = ("name", "gradient_norm", "update_ratio")
_EVALUATION = ("step", "epoch", "loss", "accuracy", "macro_f1", "best", "tie_margin", "interim")

_LONG = 20_000
"""Characters of a long review."""
_FIRST_STEP = 1000.0
"""When the first step of a recorded run is taken to have been, in seconds since 1970."""
_BUSY = "while True: pass"

Row = tuple[str, str]


@dataclass(frozen=True)
class Recipe:
    """How a run is made."""

    name: str
    expected: str
    """The kind of finding that is right; several, separated by `|`, if any of them is; empty for a sound run."""
    rows: int = 480
    """Reviews to learn from and to hold out."""
    settings: dict[str, Any] = field(default_factory=dict)
    change: str = ""
    """What is done to the data: `noise`, `random`, `rare`, `rare third`, `long`."""
    beside: int = 0
    """Busy processes beside the training."""
    stop: int = 0
    """The step after which the user stops it; 0 if nobody does."""
    shared: bool = False
    """Whether other people worked on the machine meanwhile: what the processors did is then left out."""


def recipes() -> Iterator[Recipe]:
    """Yield every run: more than 60 with a fault, and more than 30 without."""
    yield from _earlier_recipes()
    for seed in (6, 7, 8):
        for rate, epochs in (("5e-05", 2), ("8e-05", 2), ("0.0001", 2), ("0.0001", 3)):
            made = {"learning_rate": rate, "epochs": epochs, "seed": seed}
            name = f"sound, watched, rate {rate}, {epochs} epochs, seed {seed}"
            yield Recipe(name, "", settings=made, rows=700, shared=True)
    for rate, seed in (
        ("0.0002", 1),
        ("0.0002", 2),
        ("0.0003", 1),
        ("0.0003", 2),
        ("0.0004", 2),
    ):  # fast, but it learns
        made = {"learning_rate": rate, "epochs": 2, "seed": seed}
        yield Recipe(f"sound, watched, rate {rate}, seed {seed}", "", settings=made, rows=700, shared=True)
    made = {"learning_rate": "0.0001", "epochs": 2, "seed": 9}
    for name, more in (
        ("layer decay 0.9", {"layer_decay": 0.9}),
        ("the lower half frozen", {"freeze_layers": 3}),
        ("LoRA", {"lora": True, "learning_rate": "0.0005", "epochs": 3}),
        ("gradients not clipped", {"max_grad_norm": 0}),
        ("warm-up of half the run", {"warmup_ratio": 0.5}),
    ):
        yield Recipe(f"sound, watched, {name}", "", settings={**made, **more}, rows=700, shared=True)
    for seed in (1, 2):
        for norm in ("0.001", "0.01"):
            yield Recipe(
                f"gradients clipped to {norm}, seed {seed}", "always clipped", rows=700, shared=True,
                settings={"learning_rate": "8e-05", "epochs": 2, "seed": seed, "max_grad_norm": norm},
            )  # fmt: skip
        for rate in ("0.0004", "0.0006") if seed == 1 else ("0.0006",):
            made = {"learning_rate": rate, "epochs": 2, "seed": seed}
            expected = "updates too large|not learning|diverging|diverged|one class"
            yield Recipe(f"a little too fast, rate {rate}, seed {seed}", expected, settings=made, rows=700, shared=True)
        for rate in ("1e-06", "3e-06"):
            made = {"learning_rate": rate, "epochs": 2, "seed": seed}
            expected = "updates too small|not learning|one class"
            yield Recipe(f"a little too slow, rate {rate}, seed {seed}", expected, settings=made, rows=700, shared=True)
    for seed in (1, 2, 3):
        made = {"learning_rate": "8e-05", "epochs": 2, "seed": seed}
        yield Recipe(f"busy machine, seed {seed}", "machine busy", settings=made, rows=700, beside=2 + 2 * seed)
        made = {"learning_rate": "8e-05", "epochs": 1, "seed": seed, "max_length": 16, "batch_size": 32}
        yield Recipe(f"slow input, seed {seed}", "slow input", settings=made, change="long", rows=4000, shared=True)
        made = {"learning_rate": "0.0001", "epochs": 20, "seed": seed, "early_stopping_patience": 1}
        yield Recipe(f"little patience, seed {seed}", "ended far before its plan", settings=made, rows=400, shared=True)
        made = {"learning_rate": "8e-05", "epochs": 10, "seed": seed}
        yield Recipe(
            f"stopped by the user, seed {seed}",
            "ended far before its plan",
            settings=made,
            rows=700,
            stop=60,
            shared=True,
        )
        made = {"learning_rate": "0.0001", "epochs": 2, "seed": seed, "layer_decay": 0.1}
        yield Recipe(f"layer decay 0.1, seed {seed}", "part not learning", settings=made, rows=700, shared=True)


def _earlier_recipes() -> Iterator[Recipe]:
    """Yield the runs that were recorded before workers noted layers, time and processors."""
    for seed in (1, 2):
        for rate in ("0.001", "0.003", "0.01"):
            made = {"learning_rate": rate, "epochs": 2, "seed": seed}
            yield Recipe(f"rate {rate}, seed {seed}", "not learning|diverging|diverged|one class", settings=made)
        for rate in ("1e-07", "5e-07"):
            made = {"learning_rate": rate, "epochs": 2, "seed": seed}
            yield Recipe(f"rate {rate}, seed {seed}", "not learning|one class", settings=made)
        head = {"freeze_layers": "encoder", "epochs": 2, "seed": seed, "learning_rate": "1e-05"}
        yield Recipe(f"head alone, rate 1e-05, seed {seed}", "not learning|one class", settings=head)
    for seed in (1, 2, 3):
        made = {"epochs": 10, "learning_rate": "0.0001", "seed": seed}
        yield Recipe(f"noisy labels, seed {seed}", "overfitting", settings=made, change="noise", rows=400)
        yield Recipe(
            f"random labels, seed {seed}", "overfitting|not learning", settings=made, change="random", rows=400
        )
        yield Recipe(f"few reviews, seed {seed}", "few validation reviews", settings={"seed": seed}, rows=120)
        made = {"epochs": 14, "learning_rate": "0.0001", "seed": seed, "validation_fraction": 0.4}
        yield Recipe(f"too long, seed {seed}", "overfitting", settings=made, rows=240)
        made = {"epochs": 2, "learning_rate": "2e-05", "seed": seed, "validation_fraction": 0.2}
        yield Recipe(f"a rare class, seed {seed}", "one class", settings=made, change="rare", rows=600)
        missed = "class never found|one class|not learning"
        yield Recipe(f"a rare third class, seed {seed}", missed, settings=made, change="rare third")
    for seed in (1, 2):
        made = {"epochs": 4, "seed": seed, "learning_rate": "5e-06"}
        yield Recipe(f"slow, seed {seed}", "ended early|not learning", settings=made, rows=700)
        for rate in ("2e-05", "3e-05"):
            made = {"learning_rate": rate, "epochs": 3, "seed": seed}
            yield Recipe(f"few epochs, rate {rate}, seed {seed}", "ended early", settings=made, rows=700)
    for seed in range(1, 6):
        for rate, epochs in (("5e-05", 2), ("8e-05", 2), ("0.0001", 2), ("0.0001", 3)):
            made = {"learning_rate": rate, "epochs": epochs, "seed": seed}
            yield Recipe(f"sound, rate {rate}, {epochs} epochs, seed {seed}", "", settings=made, rows=700)


def read_recordings() -> list[tuple[Recipe, Figures]]:
    """Return the recorded runs."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return [(Recipe(**one["recipe"]), _figures(one)) for one in found]


def _figures(one: dict[str, Any]) -> Figures:
    history = RunHistory()
    shared = one["recipe"].get("shared", False)
    records = [record("plan", **one["plan"])]
    columns = _STEP[: len(one["steps"])]
    for step in zip(*one["steps"], strict=True):
        records.append(record("step", **_later(dict(zip(columns, step, strict=True)))))
    for step, names, *figures in one.get("layers", ()):
        parts = [dict(zip(_PART, part, strict=True)) for part in zip(names, *figures, strict=True)]
        records.append(record("layers", step=step, parts=parts))
    for reading in zip(*one.get("times", ()), strict=True):
        records.append(record("time", **dict(zip(_TIME, reading, strict=True))))
    for reading in zip(*one.get("memory", ()), strict=True):
        fields = _later(dict(zip(_MEMORY, reading, strict=True)))
        if shared:
            fields |= dict.fromkeys(_MEMORY[4:])
        records.append(record("memory", devices=[], **fields))
    for evaluation, per_class in zip(one["evaluations"], one["per_class"], strict=True):
        records.append(record("evaluation", **dict(zip(_EVALUATION, evaluation, strict=True)), per_class=per_class))
    records.append(record(one.get("end", "finished"), message="", steps=len(one["steps"][0])))
    history.update(records)
    settings = Settings(**one["settings"]).model_dump()
    return Figures(history, settings)


def _later(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with a moment, which is recorded as seconds since the first step."""
    return {**fields, "time": _FIRST_STEP + fields["time"]} if "time" in fields else fields


def part(figures: Figures, steps: int) -> Figures:
    """Return a run as it was after some steps, while it was in progress."""
    whole, history = figures.history, RunHistory()
    made = whole.steps[:steps]
    told: list[Record] = [*([whole.plan] if whole.plan is not None else []), *made]
    told += [one for kind in (whole.evaluations, whole.layers, whole.times) for one in kind if one.step <= steps]
    told += [one for one in whole.memory if made and one.time <= made[-1].time]
    history.update(told)
    return Figures(history, figures.settings, figures.baseline)


def _rows(recipe: Recipe) -> list[Row]:
    """Return the data of a run: text and label."""
    with (ROOT / "sample_reviews" / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            (row["reviewText"], "positive" if row["isPositive"] == "1" else "negative") for row in csv.DictReader(file)
        ]
    chance = random.Random(len(recipe.name))
    chance.shuffle(rows)
    if recipe.change == "noise":
        return [(text, label if chance.random() > 0.4 else _other(label)) for text, label in rows[: recipe.rows]]
    if recipe.change == "random":
        return [(text, chance.choice(("negative", "positive"))) for text, _ in rows[: recipe.rows]]
    if recipe.change == "long":  # the model reads the beginnings; everything is tokenized
        rest, long = " ".join(text for text, _ in rows), []
        for text, label in itertools.islice(itertools.cycle(rows), recipe.rows):
            start = chance.randrange(len(rest) - _LONG)
            long.append((f"{text} {rest[start : start + _LONG]}", label))
        return long
    if recipe.change.startswith("rare"):
        many = [row for row in rows if row[1] == "negative"]
        few = [row for row in rows if row[1] == "positive"]
        if recipe.change == "rare":
            return [*many[: recipe.rows], *few[: recipe.rows // 25]]
        return [*rows[: recipe.rows], *((text, "mixed") for text, _ in rows[recipe.rows : recipe.rows + 24])]
    return rows[: recipe.rows]


def _other(label: str) -> str:
    return "positive" if label == "negative" else "negative"


def _recorded(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Train a run and return its figures."""
    data = folder / "reviews.csv"
    with data.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *_rows(recipe)])
    settings = {"max_length": 64, "batch_size": 16, **recipe.settings}
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    name = "recorded"
    command = [sys.executable, "-m", "tui", "train", str(data), "--model", "starter", "--name", name, "--wait"]
    _train([*command, *words], recipe)
    run = find_run(name)
    history = read_history(run.journal)
    assert history.plan is not None
    began = history.steps[0].time if history.steps else 0.0
    plan, layers = history.plan, history.layers
    kept = ("labels", "rows", "validation_rows", "epochs", "steps", "steps_per_epoch", "batch_size", "learning_rate")
    majority = plan.majority.to_json() if plan.majority is not None else None
    return {
        "recipe": vars(recipe),
        "plan": {**{name: getattr(plan, name) for name in kept}, "majority": majority},
        "settings": {key: value for key, value in run.request().settings.model_dump().items() if key in settings},
        "steps": [[_since(began, name, one) for one in history.steps] for name in _STEP],
        "layers": [[one.step, *([getattr(each, name) for each in one.parts] for name in _PART)] for one in layers],
        "times": [[_short(getattr(one, name)) for one in history.times] for name in _TIME],
        "memory": [[_since(began, name, one) for one in history.memory] for name in _MEMORY],
        "end": history.end.kind if history.end is not None else "failed",
        "evaluations": [[_short(getattr(one, name)) for name in _EVALUATION] for one in history.evaluations],
        "per_class": [
            {
                name: {field: _short(value) for field, value in msgspec.structs.asdict(one).items()}
                for name, one in each.per_class.items()
            }
            for each in history.evaluations
        ],
    }


def _train(command: Sequence[str], recipe: Recipe) -> None:
    """Run a command that trains to its end, with what the recipe puts beside it."""
    neighbours = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(recipe.beside)]
    try:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
            stopped = False
            while training.poll() is None:
                time.sleep(0.2)
                if (
                    recipe.stop
                    and not stopped
                    and any(
                        read_history(run.journal).step >= recipe.stop and send(run.control, "stop_and_save") is None
                        for run in list_runs()
                    )
                ):
                    stopped = True
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


def _since(began: float, name: str, one: Any) -> Any:
    """Return a field of a record; moments are seconds since `began`, with as many digits as are needed."""
    value = getattr(one, name)
    return round(value - began, 1) if name == "time" else _short(value)


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main(names: Sequence[str]) -> None:
    """Record the runs that are not recorded yet, or those whose names begin so."""
    found = {one["recipe"]["name"]: one for one in json.loads(FILE.read_text())} if FILE.exists() else {}
    for recipe in recipes():
        if recipe.name in found and not any(recipe.name.startswith(name) for name in names):
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["REVIEWTUI_HOME"] = home
            found[recipe.name] = _recorded(recipe, Path(home))
        print(recipe.name, flush=True)
        order = {one.name: place for place, one in enumerate(recipes())}
        lines = [json.dumps(found[name], separators=(",", ":")) for name in sorted(found, key=order.__getitem__)]
        FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
