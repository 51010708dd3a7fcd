"""Which words of a review are marked as reasons, and how: the sign says for or against, the weight how much.

In colour, what speaks for the model's answer is blue, what speaks against it orange, and the more it changes the
probability, the heavier its underline. Without colour, words stand between `[+` and `+]`, or `[-` and `-]`. The scale
is absolute: a word that is marked heavily changes the probability a lot, whatever the others do.
"""

from __future__ import annotations

from core.inference.explanation import DECIDES, Explanation, Part
from tui.explanation_text import signed
from tui.widgets.marked_text import Mark

WEIGHTS = (DECIDES, 0.15, 0.30)
"""The least changes of the three weights; a word that flips the label has the first at least."""
KINDS = tuple(f"{side}-{weight}" for side in ("for", "against") for weight in (1, 2, 3))
SENTENCE = "sentence"


def reason_marks(found: Explanation, *, colour: bool) -> tuple[Mark, ...]:
    """Return the marks of an explanation, ascending and apart: of words that decide, and before sentences that do."""
    marks = []
    for part in found.parts:
        if not found.decides(part):
            continue
        if part.unit == "sentence":
            marks.append(Mark(part.start, part.start, SENTENCE, f"‹{signed(part.change)}› "))
            continue
        sign = "+" if part.change >= 0 else "-"
        around = ("", "") if colour else (f"[{sign}", f"{sign}]")
        marks.append(Mark(part.start, part.end, kind_of(part), *around))
    return tuple(sorted(marks, key=lambda mark: (mark.start, mark.end)))


def kind_of(part: Part) -> str:
    """Return how a word is drawn: `for-1` to `for-3`, or `against-1` to `against-3`."""
    weight = max(sum(abs(part.change) >= least for least in WEIGHTS), 1)
    return f"{'for' if part.change >= 0 else 'against'}-{weight}"
