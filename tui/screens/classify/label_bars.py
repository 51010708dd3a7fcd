"""The labels of a model, each with its key, a bar and its probability. Readable without colour, clickable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message

from core.base.text import clean_line
from tui.screens.classify.keys import MAX_DIGITS
from tui.widgets.responsive import bar
from tui.widgets.still import Still

_NAME_SHARE = 0.42
_MAX_BAR = 60


class LabelBars(Still):
    """One line per label. `show` replaces what is shown; a click on a line posts `Chosen`."""

    class Chosen(Message):
        """A label was clicked."""

        def __init__(self, label: str) -> None:
            self.label = label
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._labels: Sequence[str] = ()
        self._shares: Mapping[str, float] = {}
        self._predicted: str | None = None
        self._decided: str | None = None
        self._shown: list[str] = []

    def show(
        self,
        labels: Sequence[str],
        shares: Mapping[str, float] | None = None,
        predicted: str | None = None,
        decided: str | None = None,
    ) -> None:
        """Show labels in the order of their keys, with their probabilities; mark the predicted and the decided one."""
        self._labels, self._shares = labels, shares or {}
        self._predicted, self._decided = predicted, decided
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        if event.y < len(self._shown):
            self.post_message(self.Chosen(self._shown[event.y]))

    def _draw(self) -> None:
        marked = [label for label in (self._predicted, self._decided) if label in self._labels[MAX_DIGITS:]]
        self._shown = [*self._labels[:MAX_DIGITS], *dict.fromkeys(label for label in marked if label is not None)]
        width = self.size.width or 40
        names = {label: clean_line(label) for label in self._shown}
        longest = max((cell_len(name) for name in names.values()), default=0)
        room = max(min(longest, int(width * _NAME_SHARE)), 4)
        parts: list[tuple[str, str]] = []
        for number, label in enumerate(self._shown):
            parts += self._line(number, label, _fit(names[label], room), width - room)
        hidden = len(self._labels) - len(self._shown)
        if hidden > 0:
            parts.append((f"  {hidden} more labels: l lists them\n", "$foreground-muted"))
        if parts:
            parts[-1] = (parts[-1][0].rstrip("\n"), parts[-1][1])
        self.update(Content.assemble(*parts))

    def _line(self, number: int, label: str, name: str, width: int) -> list[tuple[str, str]]:
        """`▸1 negative ████████▎      62.1% ✓`: ▸ marks the model's label, ✓ the user's."""
        is_best, is_decided = label == self._predicted, label == self._decided
        key = str(number + 1) if number < MAX_DIGITS else "·"
        share = self._shares.get(label)
        bar_width = max(min(width - 15, _MAX_BAR), 0)
        filled = bar(share or 0.0, bar_width).ljust(bar_width)
        strong = "bold" if is_best or is_decided else ""
        return [
            ("▸" if is_best else " ", "bold $text-accent"),
            (f"{key} ", "bold $text-primary"),
            (f"{name} ", strong),
            (filled, "$primary" if is_best else "$secondary"),
            (f" {percent(share):>6}" if share is not None else " " * 7, strong),
            (" ✓" if is_decided else "  ", "bold $text-success"),
            ("\n", ""),
        ]


def percent(share: float) -> str:
    """Return a probability in percent. Rounding never makes it read as certain."""
    if 0.0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1.0:
        return ">99.9%"
    return f"{share:.1%}"


def meter(share: float, width: int) -> Content:
    """Return a thin progress bar."""
    full = min(max(round(share * width), 1 if share > 0 else 0), width if share >= 1 else max(width - 1, 0))
    return Content.assemble(("━" * full, "$success"), ("┈" * (width - full), "$foreground-muted"))


def _fit(name: str, columns: int) -> str:
    if cell_len(name) > columns:
        return set_cell_size(name, columns - 1) + "…"
    return set_cell_size(name, columns)
