"""Runs that were recorded for the tests of the diagnosis: trained with a known fault, or without one.

`python -m tests.core.diagnosis.recording` trains them on the sample reviews and writes recordings.json, which holds the
figures of every step and evaluation. It takes a quarter of an hour.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from core.diagnosis.finding import Figures
from core.runs.folder import find_run
from core.runs.history import RunHistory, read_history
from core.settings.schema import Settings
from tests.core.runs.whole_records import record

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(__file__).with_name("recordings.json")
_STEP = ("step", "epoch", "loss", "learning_rate")
_EVALUATION = ("step", "epoch", "loss", "accuracy", "macro_f1", "best", "tie_margin", "interim")

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
    """What is done to the data: `noise`, `random`, `rare`, `rare third`."""


def recipes() -> Iterator[Recipe]:
    """Yield every run: more than 30 with a fault, and 20 without."""
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
    records = [record("plan", **one["plan"])]
    records += [record("step", **dict(zip(_STEP, step, strict=True))) for step in zip(*one["steps"], strict=True)]
    for evaluation, per_class in zip(one["evaluations"], one["per_class"], strict=True):
        records.append(record("evaluation", **dict(zip(_EVALUATION, evaluation, strict=True)), per_class=per_class))
    records.append(record("finished", message="", steps=one["plan"]["steps"]))
    history.update(records)
    settings = Settings(**one["settings"]).model_dump()
    return Figures(history, settings)


def part(figures: Figures, steps: int) -> Figures:
    """Return a run as it was after some steps, while it was in progress."""
    history = RunHistory(plan=figures.history.plan)
    history.steps = figures.history.steps[:steps]
    history.evaluations = [one for one in figures.history.evaluations if one.step <= steps]
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
    subprocess.run([*command, *words], check=False, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run = find_run(name)
    history = read_history(run.journal)
    assert history.plan is not None
    plan = history.plan
    kept = ("labels", "rows", "validation_rows", "epochs", "steps", "steps_per_epoch", "batch_size", "learning_rate")
    majority = plan.majority.to_json() if plan.majority is not None else None
    return {
        "recipe": vars(recipe),
        "plan": {**{name: getattr(plan, name) for name in kept}, "majority": majority},
        "settings": {key: value for key, value in run.request().settings.model_dump().items() if key in settings},
        "steps": [[_short(getattr(one, name)) for one in history.steps] for name in _STEP],
        "evaluations": [[_short(getattr(one, name)) for name in _EVALUATION] for one in history.evaluations],
        "per_class": [
            {
                name: {field: _short(value) for field, value in msgspec.structs.asdict(one).items()}
                for name, one in each.per_class.items()
            }
            for each in history.evaluations
        ],
    }


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
