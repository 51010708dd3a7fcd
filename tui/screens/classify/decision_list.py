"""The decisions about a pile in a list over the whole screen, to go back to one of them.

Each line that is in view has a letter, which goes there at once: of the latest twenty-odd decisions, each is two keys
away at 80×24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.base.text import clean_line
from core.triage.decision import Decision, Note
from core.triage.history import History
from tui.keys.bindings import bindings
from tui.screens.classify import sentences
from tui.screens.classify.keys import DECISIONS

KINDS = ("all", "labelled", "skipped", "flagged", "ambiguous", "with notes")
"""What the list can be filtered by; the middle ones are states."""


@dataclass(frozen=True)
class Listed:
    """What is to be listed: reviews with a decision, a note, or both.

    Attributes:
        kinds: For each of `KINDS` its decisions, the latest first; notes stand for undecided reviews.
        notes: Row and text hash → note.
    """

    kinds: Mapping[str, Sequence[Decision | Note]]
    notes: Mapping[tuple[int, str], str]


def listed(history: History) -> Listed:
    """Return what there is to list. Among a hundred thousand decisions this takes a moment; not for the event loop."""
    noted = history.noted()
    decided = history.decided()
    kinds: dict[str, list[Decision | Note]] = {kind: [] for kind in KINDS}
    for one in decided:
        kinds["all"].append(one)
        kinds[sentences.STATES[one.state]].append(one)
    kinds["with notes"] = [history.decision(one.row, one.hash) or one for one in noted]
    return Listed(kinds, {(one.row, one.hash): one.text for one in noted})


class DecisionList(ModalScreen[int | None]):
    """Shows entries, and returns the row of the chosen one, or None."""

    DEFAULT_CSS = """
    DecisionList { background: $background; }
    DecisionList > Static { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    DecisionList > #list { height: 1fr; }
    DecisionList > #kinds { background: $panel; }
    DecisionList > #hint { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(DECISIONS)

    def __init__(self, listed: Listed, source: str, hidden: str = "") -> None:
        """Create the list.

        Args:
            listed: What it shows.
            source: The pile.
            hidden: Hash of a text whose prediction must not be told; empty for none.
        """
        super().__init__()
        self._listed, self._source, self._hidden = listed, source, hidden
        self._kind = "all"
        self._found: Sequence[Decision | Note] = ()
        self._cursor = self._top = 0

    def compose(self) -> ComposeResult:
        yield Static("", id="kinds", markup=False)
        yield Static("", id="list", markup=False)
        yield Static("", id="hint", markup=False)

    def on_mount(self) -> None:
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    def on_key(self, event: events.Key) -> None:
        place = ascii_lowercase.find(event.character) if event.character else -1
        if 0 <= place < self._lines and self._top + place < len(self._found):
            event.stop()
            self.dismiss(self._found[self._top + place].row)

    def action_go(self) -> None:
        """Go to the review under the cursor."""
        if self._found:
            self.dismiss(self._found[self._cursor].row)

    def action_filter(self, by: int) -> None:
        """Show another kind, of those that there are."""
        there = [kind for kind in KINDS if self._listed.kinds[kind] or kind == "all"]
        self._kind = there[(there.index(self._kind) + by) % len(there)]
        self._show()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = min(max(self._cursor + by, 0), max(len(self._found) - 1, 0))
        self._draw()

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.action_move(by * self._lines)

    def action_end(self, last: bool) -> None:
        """Move the cursor to the latest or the earliest decision."""
        self.action_move(len(self._found) if last else -len(self._found))

    def _show(self) -> None:
        self._found = self._listed.kinds[self._kind]
        self._cursor = self._top = 0
        self._draw()

    @property
    def _lines(self) -> int:
        """Entries in view, each of which has a letter."""
        return min(max(self.query_one("#list").size.height, 1), len(ascii_lowercase))

    def _draw(self) -> None:
        lines, width = self._lines, self.size.width
        self._top = min(max(self._top, self._cursor - lines + 1), self._cursor)
        parts: list[str | tuple[str, str]] = [(f" {clean_line(Path(self._source).name, 24)} ", "bold")]
        for kind in KINDS:
            if self._listed.kinds[kind] or kind == "all":
                shown = f" {kind} {len(self._listed.kinds[kind]):,} "
                parts.append((f"[{shown.strip()}]", "bold reverse") if kind == self._kind else shown)
        self.query_one("#kinds", Static).update(Content.assemble(*parts))
        found = self._found[self._top : self._top + lines]
        against = max((len(self._against(one)) for one in found), default=0)
        rows = [self._line(place, one, width, against) for place, one in enumerate(found)]
        nothing = Content("\n Nothing is decided yet.")
        self.query_one("#list", Static).update(Content("\n").join(rows) if rows else nothing)
        first, last = self._top + bool(found), self._top + len(found)
        place = f" {first:,}–{last:,} of {len(self._found):,}, latest first ·"
        keys = " a letter goes there · ↑ ↓ and enter too · tab shows another kind · esc closes"
        self.query_one("#hint", Static).update(Content(f"{place}{keys}" if self._found else keys))

    def _against(self, about: Decision | Note) -> str:
        if isinstance(about, Note) or about.agreed is not False or about.hash == self._hidden:
            return ""
        return f"model: {clean_line(about.predicted or '', 16)}"

    def _line(self, place: int, about: Decision | Note, width: int, against: int) -> Content:
        """`▸c     12 ✓ negative         model: positive  ✎ ask the shop  The hinge broke …`."""
        at_cursor = self._top + place == self._cursor
        decision = about if isinstance(about, Decision) else None
        state = decision.state if decision is not None else "undecided"
        room = 20 if width >= 100 else 14
        note = self._listed.notes.get((about.row, about.hash), "")
        text = clean_line(decision.text[:400]) if decision is not None else ""
        text = f"✎ {clean_line(note, 60)}  {text}" if note else text
        return Content.assemble(
            ("▸" if at_cursor else " ", "bold $text-accent"),
            (ascii_lowercase[place], "bold $text-primary"),
            (f"{about.row + 1:>8,} ", "$foreground-muted"),
            (f"{sentences.MARKS[state]} ", sentences.STYLES[state]),
            (_fit(sentences.word(decision, room), room), "bold"),
            (_fit(self._against(about), against + 2 if against else 0), "$text-warning"),
            (_fit(text, max(width - room - against - 17, 0)), "" if at_cursor else "$foreground-muted"),
        )


def _fit(text: str, columns: int) -> str:
    if cell_len(text) > columns:
        return set_cell_size(text, max(columns - 1, 0)) + "…"
    return set_cell_size(text, columns)
