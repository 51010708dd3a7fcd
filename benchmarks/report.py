"""Renders RESULTS.md from results.json: ratios, goals, accuracy, share of the machine's peak, memory and conditions.

Every figure is computed from the raw measurements; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.cases import ACCURACY, GOALS, OURS, TRAINED, Goal
from benchmarks.formatting import digits, markdown, shown, times
from benchmarks.ratios import Spread, geometric_mean, paired, spread_of

Results = dict[str, Any]
Figure = Callable[[dict[str, Any]], float]

_INFORMATIVE_POINTS = 2.0
"""Minimum percentage points above guessing the most frequent label for accuracies to be worth comparing."""
_SCALED = (
    "† Extrapolated: one epoch was measured, and its time multiplied by the epochs of the case; `--full` measures all."
)
_BUSY_LOAD_PER_THREAD = 0.5

FIGURES: dict[str, Figure] = {
    "seconds": lambda run: float(run["seconds"] * run["scale"]),
    "cpu_seconds": lambda run: float(run["cpu_seconds"] * run["scale"]),
    "peak_bytes": lambda run: float(run["peak_bytes"]),
    "process_seconds": lambda run: float(run["process_seconds"]),
}


def render(results: Results) -> str:
    """Return the whole file."""
    parts = [
        "# This project beside its peers\n",
        "Made by `make bench`; do not edit. Raw figures: [results.json](results.json); "
        "what is measured and what is not: [README.md](README.md).\n",
        *(["**A smoke test: the times mean nothing.**\n"] if results["smoke"] else []),
        _machine(results["machine"]),
        "## Ratios\n\nSeconds are medians (smallest to largest). Ratios are medians of pairs measured next to each "
        "other (smallest to largest): *faster* and *CPU* are the peer's time by ours, so more is better for us; "
        "*memory* is our peak by the peer's, so less is better.\n",
        table_of(results),
        "## Goals\n",
        goals_of(results),
        "## Accuracy\n\nOn the held-out reviews, in fp32, mean over the seeds (smallest to largest). *Guess* is the "
        "share of the most frequent label.\n",
        accuracy_of(results),
        "## Share of the machine's peak, full fine-tuning\n\n6 × weights of the layers' matrix products × real tokens "
        "/ seconds / the fastest bf16 product of two 2048 × 2048 matrices. Attention's own products, embeddings and "
        "head are left out of the count, and padding is no real token.\n",
        shares_of(results),
        "## Memory, full fine-tuning\n\nMiB, medians, of resident memory, or of what torch's allocator gave out on a "
        "GPU: when the work began (model and libraries are loaded), its peak to the last step, and ours to the end of "
        "the run with its evaluation and saving.\n",
        memory_of(results),
        "## What the search found best for hf_tuned\n",
        searches_of(results),
        "## Classification: the same answers?\n",
        agreements_of(results),
        "## When, and with what\n",
        measured_when(results),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def figures(case: dict[str, Any], peer: str, name: str) -> list[float]:
    """Return one figure of every run of a contestant, in order; seconds are scaled if only a part was measured."""
    return [FIGURES[name](run) for run in case["runs"] if run["peer"] == peer]


def ratios(case: dict[str, Any], peer: str, name: str, *, ours_first: bool = False) -> Spread:
    """Return the peer's figure divided by ours, pair by pair; or ours divided by the peer's, if `ours_first`."""
    ours, theirs = figures(case, OURS, name), figures(case, peer, name)
    return spread_of(paired(ours, theirs) if ours_first else paired(theirs, ours))


def table_of(results: Results) -> str:
    """Return a table with one row per case and peer."""
    head = ["case", "model, reviews", "peer", "ours, s", "peer, s", "faster", "CPU", "memory", "whole process", "n"]
    rows = []
    for name, case in results["cases"].items():
        for peer in case["peers"]:
            scaled = max(run["scale"] for run in case["runs"] if run["peer"] == peer) > 1
            rows.append(
                [
                    f"{name}: {case['title']}",
                    f"{case['model']}, {case['data']['name']}",
                    peer,
                    shown(spread_of(figures(case, OURS, "seconds"))),
                    shown(spread_of(figures(case, peer, "seconds"))) + (" †" if scaled else ""),
                    times(ratios(case, peer, "seconds")),
                    times(ratios(case, peer, "cpu_seconds")),
                    times(ratios(case, peer, "peak_bytes", ours_first=True)),
                    "" if scaled else times(ratios(case, peer, "process_seconds")),
                    str(len(figures(case, peer, "seconds"))),
                ]
            )
    note = f"\n{_SCALED}\n" if any("†" in row[4] for row in rows) else ""
    return markdown(head, rows) + note


def reached(goal: Goal, cases: dict[str, Any]) -> float | None:
    """Return the measured value for a goal, or None if one of its cases is missing."""
    if any(name not in cases for name in goal.cases):
        return None
    found = [ratios(cases[name], goal.peer, goal.quantity, ours_first=not goal.at_least).median for name in goal.cases]
    if goal.across == "geometric mean":
        return geometric_mean(found)
    return min(found) if goal.at_least else max(found)


def is_met(goal: Goal, value: float) -> bool:
    """Return whether a ratio meets the goal's limit."""
    return value >= goal.limit if goal.at_least else value <= goal.limit


def goals_of(results: Results) -> str:
    """Return a table of goals and measured values."""
    rows = []
    for goal in GOALS:
        value = reached(goal, results["cases"])
        met = "" if value is None else "yes" if is_met(goal, value) else "no"
        sign = "≥" if goal.at_least else "≤"
        across = f" ({goal.across})" if goal.across == "geometric mean" else ""
        rows.append(
            [goal.title + across, f"{sign} {goal.limit:g}", "not measured" if value is None else f"{value:.2f}", met]
        )
    return markdown(["goal", "wanted", "measured", "met"], rows)


def accuracy_of(results: Results) -> str:
    """Return a table of both sides' accuracy, and the difference in percentage points."""
    rows = []
    for name, case in results["cases"].items():
        if name not in ACCURACY:
            continue
        ours, guess = _accuracies(case, OURS), case["data"]["majority"]
        for peer in case["peers"]:
            theirs = _accuracies(case, peer)
            means = [sum(side) / len(side) for side in (ours, theirs)]
            informative = max(means) - guess > _INFORMATIVE_POINTS / 100
            rows.append(
                [
                    name,
                    peer,
                    _accuracy(ours),
                    _accuracy(theirs),
                    f"{100 * (means[0] - means[1]):+.1f}",
                    f"{guess:.3f}",
                    f"{case['data']['held_out_rows']} × {len(ours)}" + ("" if informative else ", too near the guess"),
                ]
            )
    return markdown(["case", "peer", "ours", "peer's", "points", "guess", "reviews × seeds"], rows)


def shares_of(results: Results) -> str:
    """Return a table of each side's speed, as a share of the fastest matrix product."""
    rows = []
    for name, case in results["cases"].items():
        if name in TRAINED:
            row = [name, f"{case['peak_tflops']:.2f}"]
            for peer in (OURS, "hf_tuned"):
                seconds = spread_of(figures(case, peer, "seconds")).median
                tokens = next(run["tokens"] for run in case["runs"] if run["peer"] == peer)
                share = 6 * case["linear_weights"] * tokens / seconds / (case["peak_tflops"] * 1e12)
                row.append(f"{share:.1%}")
            rows.append(row)
    return markdown(["case", "peak, TFLOP/s", "ours", "hf_tuned"], rows)


def memory_of(results: Results) -> str:
    """Return a table of both sides' memory. What peers' processes do after their last step does not count."""
    rows = []
    for name, case in results["cases"].items():
        if name in TRAINED:
            for peer in (OURS, *case["peers"]):
                runs = [run for run in case["runs"] if run["peer"] == peer]
                whole = [run["notes"]["whole_run_peak_bytes"] for run in runs if peer == OURS]
                columns = [[run["baseline_bytes"] for run in runs], [run["peak_bytes"] for run in runs], whole]
                rows.append([name, peer, *(_mebibytes(column) for column in columns)])
    return markdown(["case", "who", "at the beginning", "peak to the last step", "peak of the whole run"], rows)


def searches_of(results: Results) -> str:
    """Return a table of the best options, and how much faster they are."""
    rows = []
    for name, case in results["cases"].items():
        for found in case["searched"].values():
            options = ", ".join(f"{key}={value}" for key, value in found["options"].items())
            trials = [trial["seconds"] for trial in found["trials"]]
            rows.append([name, options, *map(digits, (min(trials), trials[0], max(trials)))])
    return markdown(["case", "options", "best, s", "as it started, s", "worst, s"], rows)


def agreements_of(results: Results) -> str:
    """Return a table of the share of equal labels, and the largest difference of a probability."""
    rows = []
    for name, case in results["cases"].items():
        for peer in case["peers"]:
            found = [run["agreement"] for run in case["runs"] if run["peer"] == peer and run["agreement"]]
            if found:
                same = min(one["same_label"] for one in found)
                rows.append([name, peer, f"{same:.2%}", f"{max(one['largest_difference'] for one in found):.4f}"])
    return markdown(["case", "peer", "same label", "largest difference"], rows)


def measured_when(results: Results) -> str:
    """Return a table with the date, commit, load of the machine, reviews and settings of each case."""
    rows = []
    for name, case in results["cases"].items():
        busy = case["load_before"] > _BUSY_LOAD_PER_THREAD * results["machine"]["threads"]
        data, training = case["data"], case["training"]
        rows.append(
            [
                name,
                case["date"],
                case["commit"],
                f"{case['load_before']:.2f}" + (" (busy)" if busy else ""),
                f"{data['source']}: {data['train_rows']} + {data['held_out_rows']}",
                "" if training is None else ", ".join(f"{key} {value}" for key, value in training.items()),
            ]
        )
    return markdown(["case", "date", "commit", "load before", "reviews: trained on + held out", "training"], rows)


def _mebibytes(values: Sequence[float]) -> str:
    return f"{spread_of(values).median / 2**20:.0f}" if values else ""


def _accuracies(case: dict[str, Any], peer: str) -> list[float]:
    return [run["accuracy"] for run in case["runs"] if run["peer"] == peer]


def _accuracy(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def _machine(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']} ({', '.join(machine['flags']) or 'no vector units of note'}), "
        f"{machine['threads']} threads, {machine['memory_gib']} GiB, {machine['system']}; {versions}.\n"
    )
