"""What a sweep found, as lines and tables."""

from __future__ import annotations

from typing import Any

from core.base.text import clean_line
from tui.commands.output import say, table
from tui.formatting import in_time, setting_text


def say_findings(result: dict[str, Any]) -> None:
    """Print what a sweep found."""
    best = result.get("winner")
    if not best:
        say("No trial has scores, so there is no winner.")
        return
    settings = ", ".join(f"{name} {setting_text(value)}" for name, value in best["settings"].items())
    scores = best["validation"]
    say(f"winner: {clean_line(best['name'])} ({settings})")
    say(f"  accuracy {scores['accuracy']:.4f}, macro F1 {scores['macro_f1']:.4f}, loss {scores['loss']:.4f} on the "
        "validation rows that chose it")  # fmt: skip
    if (optimism := result.get("optimism")) is not None:
        say(
            f"  probably {optimism['points']:.1f} points too high: it is the best of {optimism['contenders']} that "
            f"{optimism['rows']:,} rows do not distinguish"
        )
    if (test := result.get("test")) is not None:
        say(f"  on {test['rows']:,} test reviews: accuracy {test['accuracy']:.4f}, macro F1 {test['macro_f1']:.4f}")
    if (again := result.get("confirmation")) is not None:
        values = ", ".join(f"{value:.4f}" for value in again["accuracy"]["values"])
        say(f"  with fresh seeds: accuracy {again['accuracy']['mean']:.4f} ({values})")
    if result.get("pareto"):
        say("no trial is both better and faster than these:")
        table(
            ["run", "accuracy", "training time"],
            [
                [clean_line(one["name"]), f"{one['validation']['accuracy']:.4f}", in_time(one["seconds"])]
                for one in result["pareto"]
            ],
        )
    if result.get("effects"):
        unit = "loss" if result["metric"] == "loss" else "points"
        factor = -1 if result["metric"] == "loss" else 100
        say(f"effect of each setting, the others held equal, in {unit} with its 95 % interval:")
        rows: list[list[object]] = []
        for one in result["effects"]:
            low, high = sorted((factor * one["low"], factor * one["high"]))
            rows.append([one["setting"], clean_line(one["change"]), f"{factor * one['effect']:+.2f}",
                         f"{low:+.2f} … {high:+.2f}"])  # fmt: skip
        table(["setting", "change", "effect", "interval"], rows)
    if result.get("importances"):
        shares = ", ".join(f"{name} {share:.0%}" for name, share in result["importances"].items())
        say(f"importance (PED-ANOVA): {shares}")
