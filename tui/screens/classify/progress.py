"""How far the work on a pile has come, in words that are safe to show: counts, agreement, the latest operations."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from core.base.text import clean_line
from core.triage.decision import Counts, State
from core.triage.operation import Operation
from core.triage.queue import Pile
from tui.screens.classify import sentences
from tui.screens.classify.label_bars import meter
from tui.screens.classify.text import Key, Part


def tally(pile: Pile, width: int, *, tall: bool) -> Content:
    """Return the progress bar and the counts: side by side, or one below the other."""
    counts = pile.history.counts
    share = counts.decided / pile.total if pile.total else 0.0
    figures, agreement = _figures(counts), _agreement(counts)
    if tall:
        lead = f"\n{counts.decided:,} of {pile.total:,} decided, {share:.0%}\n"
        return Content.assemble(
            meter(share, width),
            lead,
            "\n".join(f"  {one}" for one in [*figures, *(f"agreement {one}" for one in agreement)]),
        )
    lead = f"{counts.decided:,} of {pile.total:,} decided "
    tail = f" agreement {_short_agreement(counts)}" if agreement else ""
    bar = meter(share, max(width - len(lead) - len(tail), 4))
    return Content.assemble(lead, bar, tail, "\n", " · ".join(figures))


def finished(pile: Pile, key: Key) -> Content:
    """Return the text for a finished pile: `All 200 reviews are decided.`, the counts, and the keys that still work."""
    counts = pile.history.counts
    fitting = "" if pile.shown == pile.total else "that fits " if pile.shown == 1 else "that fit "
    reviews = f"The only review {fitting}is" if pile.shown == 1 else f"All {pile.shown:,} reviews {fitting}are"
    conflicts = len(pile.history.conflicts())
    parts: list[Part] = [
        (f"{reviews} decided.\n\n", "bold $text-success"),
        (f"{', '.join(_figures(counts))}.\n", ""),
    ]
    if agreement := _agreement(counts):
        parts.append((f"Agreement with the model: {', '.join(agreement)}.\n", ""))
    if conflicts:
        texts = "text was" if conflicts == 1 else "texts were"
        parts.append((f"{conflicts} {texts} decided in different ways; an export takes the latest.\n", "$text-warning"))
    does = [("export", "exports"), ("undo", "undoes the latest"), ("list", "lists all"), ("previous", "walks back")]
    parts.append(("\n", ""))
    for name, what in does:
        parts += [(f" {key(f'classify.{name}')} ", "bold $text-primary"), (f"{what}   ", "")]
    if counts.skipped + counts.flagged + counts.ambiguous:
        back = "makes those that are skipped, flagged or ambiguous undecided again"
        parts += [("\n", ""), (f" {key('classify.requeue')} ", "bold $text-primary"), (back, "")]
    return Content.assemble(*parts)


def trail(pile: Pile, width: int, count: int, key: Key, hidden: str = "") -> Content:
    """Return the latest operations, newest first, so that a mistyped one is noticed at once.

    Args:
        hidden: Hash of a text whose prediction must not be told; empty for none.
    """
    recent = pile.history.recent(count)
    if not recent:
        return Content("")
    parts: list[Part] = [
        ("Latest", "bold $text-primary"),
        (f"   {key('classify.undo')} undoes the first · {key('classify.list')} lists all\n", "$foreground-muted"),
    ]
    lines = [_of_trail(one, hidden) for one in recent]
    verdicts = max(cell_len(one.verdict) for one in lines)
    against = max(cell_len(one.against) for one in lines)
    for one in lines:
        rest = width - verdicts - against - 17
        parts += [
            (f"{one.number:>7}  ", "$foreground-muted"),
            (f"{sentences.MARKS[one.state]} ", sentences.STYLES[one.state]),
            (f"{set_cell_size(one.verdict, verdicts)}  ", "bold"),
            (set_cell_size(one.against, against + 2 if against else 0), "$text-warning"),
            (f"{clean_line(one.text, max(rest, 8))}\n", "$foreground-muted"),
        ]
    return Content.assemble(*parts)


@dataclass(frozen=True)
class _Line:
    """A line about an operation."""

    number: str
    state: State
    verdict: str
    against: str
    text: str


def _of_trail(operation: Operation, hidden: str) -> _Line:
    if operation.kind == "label":
        return _Line("", "undecided", f"label {clean_line(operation.label, 20)}", "", "was added")
    if not operation.decisions:
        note = operation.notes[0] if operation.notes else None
        text = clean_line(note.text, 200) if note is not None else ""
        return _Line(_number(note.row if note is not None else -1), "undecided", "note", "", text or "taken away")
    one = operation.decisions[0]
    more = f" ×{len(operation.decisions):,}" if len(operation.decisions) > 1 else ""
    told = one.agreed is False and one.hash != hidden
    return _Line(
        number=_number(one.row),
        state=one.state,
        verdict=f"{sentences.word(one, 16)}{more}",
        against=f"model: {clean_line(one.predicted or '', 14)}" if told else "",
        text=one.text[:400],
    )


def _number(row: int) -> str:
    return f"{row + 1:,}" if row >= 0 else "–"


def _figures(counts: Counts) -> list[str]:
    """Return the counts in words: those that a model and a person make in any case, and the others if there are any."""
    always = [f"{counts.agreed:,} agreed", f"{counts.corrected:,} corrected"]
    others = {
        "by hand": counts.by_hand,
        "copies": counts.copied,
        "by the model": counts.by_model,
        "imported": counts.imported,
        "skipped": counts.skipped,
        "flagged": counts.flagged,
        "ambiguous": counts.ambiguous,
    }
    return always + [f"{count:,} {name}" for name, count in others.items() if count]


def _agreement(counts: Counts) -> list[str]:
    """Return the share of predictions that were agreed with: of those in view, and of those shown afterwards."""
    found = []
    if counts.shown_agreement is not None:
        found.append(f"{counts.shown_agreement:.0%} of {counts.shown_judged:,}")
    if counts.blind_agreement is not None:
        if found:
            found[0] += " shown"
        found.append(f"{counts.blind_agreement:.0%} of {counts.blind_judged:,} blind")
    return found


def _short_agreement(counts: Counts) -> str:
    shown = "" if counts.shown_agreement is None else f"{counts.shown_agreement:.0%}"
    blind = "" if counts.blind_agreement is None else f"{counts.blind_agreement:.0%} blind"
    return f"{shown} shown, {blind}" if shown and blind else shown or blind
