"""What a distillation came to, as lines and a table."""

from __future__ import annotations

from typing import Any

from core.base.text import clean_line
from tui.commands.output import say, table
from tui.formatting import in_bytes


def say_student(result: dict[str, Any]) -> None:
    """Print which student was kept, and how it compares with its teacher."""
    if not result:
        return
    if (best := result.get("winner")) is not None:
        layers = ", ".join(map(str, best["layers"]))
        say(f"kept: {clean_line(best['name'])}, which began with the layers {layers} of its teacher ({best['run']})")
    found = result.get("comparison")
    if found is not None:
        rows: list[list[object]] = [_row(name, found[name]) for name in ("student", "teacher")]
        table(["", "layers", "weights", "on disk", "accuracy", "macro F1", "reviews/s", "one review"], rows)
        if found.get("retained"):
            say(f"{found['retained']:.1%} of the teacher's accuracy, on {clean_line(found['data'], 160)}")
    say(clean_line(result["sentence"], 600))
    for note in found["notes"] if found is not None else ():
        say(f"note: {clean_line(note, 300)}")


def _row(name: str, one: dict[str, Any]) -> list[object]:
    speed, alone = one["reviews_per_second"], one["one_review_seconds"]
    return [
        name,
        one["layers"],
        f"{one['parameters'] / 1e6:.1f} million" if one["parameters"] else "-",
        in_bytes(one["model_bytes"]),
        f"{one['accuracy']:.4f}",
        f"{one['macro_f1']:.4f}",
        f"{speed:.1f}" if speed else "-",
        f"{1000 * alone:.1f} ms" if alone else "-",
    ]
