"""`python -m benchmarks.memory`: compares forecasts of peak memory and time with what runs then take.

Each configuration is forecast by `reviewtui forecast` and then run by `reviewtui train` with the same arguments. All
share a home, so a calibration is measured once and serves all configurations of its kind. For comparison the table also
shows the rule of `accelerate estimate-memory` for training with Adam: four times the bytes of the weights. Results go
to MEMORY.md and memory.json beside this file after each configuration.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import machine
from benchmarks.data import make_split
from benchmarks.measure import environment, threads
from benchmarks.models import encoder
from benchmarks.ratios import quantile
from core.base.errors import InputError
from core.base.subprocess_env import child_environment
from core.models.config_limits import stored_weights
from core.runs.journal import JournalReader
from core.settings.schema import Settings

HERE = Path(__file__).resolve().parent
MODELS = ("starter", "small-shape", "distilbert-shape", "bert-base-shape")
_DRAW_SEED = 11
STEPS = {"starter": 12, "small-shape": 24, "distilbert-shape": 6, "bert-base-shape": 4}
"""Optimizer steps of a run, with an evaluation after half of them: enough for runs to take seconds."""
_MAX_BATCH_TOKENS = {"distilbert-shape": 4096, "bert-base-shape": 2048}
"""Maximum tokens of a batch for the large models, whose steps take seconds per thousand tokens."""
_CHOICES: dict[str, tuple[Any, ...]] = {
    "batch_size": (4, 8, 16, 32),
    "max_length": (64, 128, 256, 512),
    "precision": ("fp32", "bf16"),
    "freeze_layers": ("none", "none", "none", "embeddings", 2, "encoder"),
    "gradient_checkpointing": (False, False, True),
    "micro_batch_size": ("auto", "auto", 2, 4),
    "optimizer": ("adamw", "adamw", "adamw", "sgd"),
    "lora": (False, False, False, True),
    "checkpoint_seconds": (1e6, 1e6, 0),
}


def configurations(
    count: int, seed: int = _DRAW_SEED, *, gpu: bool = False
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield `count` configurations, the same for the same seed: model, reviews (short or long), and settings."""
    draw = random.Random(seed)
    found: list[tuple[str, str, dict[str, Any]]] = []
    while len(found) < count:
        model = MODELS[len(found) % len(MODELS)]
        wanted = {name: draw.choice(values) for name, values in _CHOICES.items()}
        reviews = draw.choice(("short", "long", "long"))
        if not gpu and wanted["batch_size"] * wanted["max_length"] > _MAX_BATCH_TOKENS.get(model, 1 << 20):
            continue
        try:
            Settings().changed(wanted)
        except InputError:  # the settings conflict
            continue
        if (model, reviews, wanted) not in found:
            found.append((model, reviews, wanted))
    yield from found


def measure(
    data: Path, model: str, wanted: dict[str, Any], steps: int, home: Path, *, gpu: bool = False
) -> dict[str, Any]:
    """Forecast and run one configuration.

    Args:
        data: File of reviews.
        model: A folder, or `starter`.
        wanted: Settings to change.
        steps: Optimizer steps.
        home: Folder of runs and calibrations.
        gpu: Whether to use the GPU.
    """
    given = {**wanted, "max_steps": steps, "evaluate_every": steps // 2, "seed": 3}
    common = [str(data), "--model", model]
    common += [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    forecast = reviewtui(["forecast", *common, "--json"], home, gpu=gpu)
    ended = reviewtui(["train", *common, "--wait", "--json"], home, gpu=gpu)
    return {
        "settings": wanted,
        "path": forecast["path"],
        "forecast_bytes": forecast["peak_bytes"],
        "peak_bytes": ended["peak_memory_bytes"],
        "forecast_parts": forecast["parts"],
        "forecast_seconds": forecast["training_seconds"],
        "seconds": ended["seconds"],
        "forecast_whole_seconds": forecast["seconds"],
        "whole_seconds": whole_seconds(home / "runs" / ended["run"] / "events.jsonl"),
    }


def whole_seconds(journal: Path) -> float:
    """Return the seconds from the first record of a run to its last."""
    records = JournalReader(journal).read_new()
    return records[-1].time - records[0].time


def load_earlier(file: Path, here: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the rows of an earlier run, by number; empty unless its machine and libraries are the same."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if kept["machine"] != here:
        return {}
    return {number: {"commit": kept["commit"], **row} for number, row in enumerate(kept["rows"], start=1)}


def reviewtui(arguments: list[str], home: Path, *, gpu: bool = False) -> dict[str, Any]:
    """Run `reviewtui` with `arguments` and return the last line of its output, parsed as JSON."""
    given = {**environment(threads(), gpu=gpu), **child_environment(REVIEWTUI_HOME=str(home))}
    done = subprocess.run(
        [sys.executable, "-m", "tui", *arguments], env=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return statistics of the errors of all configurations, relative to the measured figures."""
    errors = [row["forecast_bytes"] / row["peak_bytes"] - 1 for row in rows]
    rule = [row["rule_bytes"] / row["peak_bytes"] - 1 for row in rows]
    times = [row["forecast_seconds"] / row["seconds"] - 1 for row in rows]
    whole = [row["forecast_whole_seconds"] / row["whole_seconds"] - 1 for row in rows]
    return {
        "configurations": len(rows),
        "memory_median": quantile([abs(error) for error in errors], 0.5),
        "memory_p95": quantile([abs(error) for error in errors], 0.95),
        "memory_under_5": sum(error < -0.05 for error in errors) / len(errors),
        "rule_median": quantile([abs(error) for error in rule], 0.5),
        "rule_p95": quantile([abs(error) for error in rule], 0.95),
        "time_median": quantile([abs(error) for error in times], 0.5),
        "time_p95": quantile([abs(error) for error in times], 0.95),
        "whole_median": quantile([abs(error) for error in whole], 0.5),
        "whole_p95": quantile([abs(error) for error in whole], 0.95),
    }


def write_report(folder: Path) -> None:
    """Write MEMORY.md in `folder` from memory.json and frugal.json, as far as they exist."""
    found = {name: folder / f"{name}.json" for name in ("memory", "frugal")}
    results = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in found.items() if file.is_file()}
    text = render(results["memory"]) if "memory" in results else ""
    text += render_frugal(results["frugal"]) if "frugal" in results else ""
    (folder / "MEMORY.md").write_text(text, encoding="utf-8")


def render_frugal(results: dict[str, Any]) -> str:
    """Return the section that compares the preset `frugal` with Hugging Face's trainer."""
    lines = [
        "",
        "## The preset frugal and Hugging Face's default trainer",
        "",
        "A model of BERT-base's shape, reviews of 512 tokens, 32 per optimizer step, two steps; made by "
        "`python -m benchmarks.frugal`. Anonymous memory of the process. The trainer uses its defaults, fp32 without "
        "activation checkpointing; with fewer reviews at once it accumulates gradients. "
        f"Goal for frugal: 4 GB. Raw figures: [frugal.json](frugal.json), commit {results['commit']}.",
        "",
        "| | reviews at once | peak, GB | |",
        "| --- | --- | --- | --- |",
    ]
    for row in results["rows"]:
        note = f"forecast {row['forecast_bytes'] / 1e9:.2f}" if "forecast_bytes" in row else ""
        if "refused_at" in row:
            note = f"ran out of memory, limited to {row['refused_at'] / 1e9:.1f} GB"
        more = "more than " if "refused_at" in row else ""
        lines.append(f"| {row['who']} | {row['at_once']} | {more}{row['peak_bytes'] / 1e9:.2f} | {note} |")
    return "\n".join(lines) + "\n"


def render(results: dict[str, Any]) -> str:
    """Return MEMORY.md without the section about frugal."""
    rows, found, here = results["rows"], results["summary"], results["machine"]
    where = ", ".join(filter(None, (here.get("gpu"), here["processor"])))
    lines = [
        "# Forecasts compared with runs",
        "",
        "Made by `python -m benchmarks.memory`; do not edit. Raw figures: [memory.json](memory.json).",
        "",
        f"{where}, {here['threads']} threads, {here['memory_gib']} GiB; torch {here['versions']['torch']}; "
        f"{results['date']}, {_commits(results)}.",
        "",
        "| | goal | measured |",
        "| --- | --- | --- |",
        f"| configurations | ≥ 60 | {found['configurations']} |",
        f"| memory, median error | ≤ 5 % | {found['memory_median']:.1%} |",
        f"| memory, 95th percentile | ≤ 10 % | {found['memory_p95']:.1%} |",
        f"| memory forecast more than 5 % too small | ≤ 1 % | {found['memory_under_5']:.1%} |",
        f"| rule of accelerate, median (95th percentile) | | {found['rule_median']:.0%} ({found['rule_p95']:.0%}) |",
        f"| time of steps and evaluations, median error | ≤ 15 % | {found['time_median']:.1%} |",
        f"| the same, 95th percentile | | {found['time_p95']:.1%} |",
        f"| time of the whole run, median error | ≤ 15 % | {found['whole_median']:.1%} |",
        f"| the same, 95th percentile | | {found['whole_p95']:.1%} |",
        "",
    ]
    return "\n".join(lines + table(rows)) + "\n"


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a Markdown table with one row per configuration."""
    lines = [
        "| model | reviews | path | settings | forecast, MiB | measured | error | rule | time error | whole |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        peak = row["peak_bytes"]
        settings = " ".join(f"{name}={value}" for name, value in row["settings"].items() if value not in (False, 1e6))
        lines.append(
            f"| {row['model']} | {row['reviews']} | {row['path']} | {settings} | {row['forecast_bytes'] / 2**20:.0f} "
            f"| {peak / 2**20:.0f} | {row['forecast_bytes'] / peak - 1:+.1%} | {row['rule_bytes'] / peak - 1:+.0%} "
            f"| {row['forecast_seconds'] / row['seconds'] - 1:+.0%} "
            f"| {row['forecast_whole_seconds'] / row['whole_seconds'] - 1:+.0%} |"
        )
    return lines


def _commits(results: dict[str, Any]) -> str:
    """Return the commits of the rows, with the number of rows of each if there are several."""
    counts = Counter(row.get("commit", results["commit"]) for row in results["rows"])
    words = [commit if len(counts) == 1 else f"{commit} ({count} rows)" for commit, count in counts.items()]
    return f"commit{'s' * (len(counts) > 1)} {', '.join(words)}"


def main(
    count: Annotated[int, typer.Option(min=1, help="Configurations.")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of the configurations.")] = _DRAW_SEED,
    only: Annotated[
        list[int] | None, typer.Option(help="Measure this configuration, by number; may be repeated.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for MEMORY.md and memory.json.")] = None,
    cache: Annotated[Path, typer.Option(help="Folder for data and models.")] = HERE / ".cache",
) -> None:
    """Measure the error of forecasts. --only keeps the other results if machine and libraries are the same."""
    output = output or HERE
    output.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {
        "machine": machine.describe(threads()),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": machine.commit(),
    }
    folders = {model: encoder(model, cache, environment(threads())) for model in MODELS}
    found = load_earlier(output / "memory.json", results["machine"]) if only else {}

    def one(number: int, home: Path, model: str, reviews: str, wanted: dict[str, Any]) -> None:
        word = "starter" if model == "starter" else str(folders[model])
        data = make_split(reviews, cache, 300).train
        row = {"model": model, "reviews": reviews, **measure(data, word, wanted, STEPS[model], home)}
        row["commit"] = results["commit"]
        row["rule_bytes"] = 4 * 4 * stored_weights(folders[model])
        found[number] = row
        error, late = row["forecast_bytes"] / row["peak_bytes"] - 1, row["forecast_seconds"] / row["seconds"] - 1
        words = f"{number}/{count} {model} {row['path']} {reviews}: {row['peak_bytes'] / 2**20:.0f} MiB"
        times = f"time {late:+.0%} whole {row['forecast_whole_seconds'] / row['whole_seconds'] - 1:+.0%}"
        print(f"{words}, memory {error:+.1%}, {times} {wanted}", file=sys.stderr, flush=True)
        rows = [found[key] for key in sorted(found)]
        results.update(rows=rows, summary=summary(rows))
        (output / "memory.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        write_report(output)

    with tempfile.TemporaryDirectory(prefix="reviewtui-memory-") as home:
        for number, configuration in enumerate(configurations(count, seed), start=1):
            if not only or number in only:
                one(number, Path(home), *configuration)
    print(json.dumps(results["summary"], indent=1))


if __name__ == "__main__":
    typer.run(main)
