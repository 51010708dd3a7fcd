"""What the panel says about reasons: the strongest words, each with what the model says without it."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from core.base.text import clean_line
from core.inference.explanation import Explanation, Part
from tui import explanation_text as words
from tui.formatting import counted
from tui.widgets.responsive import bar

Piece = tuple[str, str]
_WIDE = 60
"""Columns from which on there is room for more than the least."""
_BARS = (4, 8)
"""Cells of the bar of a change from 0 to 1, in a narrow panel and in a wide one."""
FOR, AGAINST = "$text-primary", "$text-warning"


def waiting(done: float | None, key: str) -> Content:
    """Return what is shown while words are taken away."""
    share = "" if done is None else f" {done:.0%}"
    return Content.assemble((f"Taking words away{share}", "bold"), (f"   {key} stops", "$foreground-muted"))


def failed(message: str) -> Content:
    """Return what is shown where there are no reasons; `message` says why."""
    return Content.assemble(("No reasons: ", "bold $text-error"), clean_line(message))


def reasons(found: Explanation, width: int, key: str, *, alone: bool) -> Content:
    """Return the reasons in lines of at most `width` columns, each word with what the model says without it.

    Args:
        found: The explanation.
        width: Columns.
        key: The key that closes it.
        alone: Whether nothing else says what is not read.
    """
    named = words.named(found)
    whole = f"{clean_line(found.label, 16)} {found.probability:.2f}"
    lines: list[list[Piece]] = []
    if found.note:
        lines.append([(found.note, "bold $text-warning"), (f"   {key} closes", "$foreground-muted")])
    if named:
        closes: list[Piece] = [] if found.note or width < _WIDE else [(f"   {key} closes", "$foreground-muted")]
        it = " it" if width >= _WIDE else ""
        sides: list[Piece] = [(f"+ for{it}", FOR), (" · ", "$foreground-muted"), (f"− against{it}", AGAINST)]
        masked = f"{whole}; with the word masked  " if width >= _WIDE else f"{whole} masked  "
        lines.append([(masked, "bold"), *sides, *closes])
        lines += [_line(found, part, width) for part in named]
    elif found.strongest("word"):
        lines.append([(f"None changes {whole} by 0.01.", "")])
    lines += [[(said, "$foreground-muted")] for said in _about(found)]
    if alone and found.not_read is not None:
        start, end = found.not_read
        lines.append([(f"⟦{counted(end - start, 'character')}⟧ beyond the limit: not read", "bold $text-warning")])
    if named and not found.note and width < _WIDE:
        lines.append([(f"{key} closes", "$foreground-muted")])
    pieces: list[Piece] = []
    for line in lines:
        pieces += [*line, ("\n", "")]
    return Content.assemble(*pieces[:-1])


def _line(found: Explanation, part: Part, width: int) -> list[Piece]:
    """`+0.33 ██▋      broken → 0.61`, with the label that then comes, and what deleting does where it differs."""
    colour = FOR if part.change >= 0 else AGAINST
    share = min(max(found.probability - part.change, 0.0), 1.0)
    then = f", then {clean_line(part.label, 12)}" if found.flips(part) else ""
    deleted = ""
    if part.deleted is not None and part.disagrees:
        deleted = f"; left out {min(max(found.probability - part.deleted, 0.0), 1.0):.2f}"
    tail = f" → {share:.2f}{then}"
    cells = _BARS[width >= _WIDE]
    lead = f"{words.signed(part.change)} {bar(min(abs(part.change), 1.0), cells):<{cells}} "
    room = max(width - cell_len(lead) - cell_len(tail) - len(deleted), 8)
    return [(lead, colour), (clean_line(part.text, room), "bold"), (tail, ""), (deleted, "$foreground-muted")]


def _about(found: Explanation) -> list[str]:
    """Return what is known beside the single words."""
    said = [words.together(found)]
    if inside := words.looked_into(found):
        decides = any(found.decides(part) for part in found.strongest("sentence"))
        said.append(f"{inside}{'; a sentence that decides begins with its figure' if decides else ''}")
    return [one for one in said if one]
