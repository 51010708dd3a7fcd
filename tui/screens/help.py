"""The help of a screen: what it is for, then every key that works on it now, read from its live bindings."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.keys import HELP


class Help(ModalScreen[None]):
    """Shown over the screen that it explains."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(HELP)

    def __init__(self, purpose: str, keys: list[tuple[str, str]]) -> None:
        self._purpose, self._keys = purpose, keys
        super().__init__()

    @classmethod
    def of(cls, screen: Screen[Any]) -> Help:
        """The help of `screen` as it stands: its keys are those that would act at this moment."""
        purpose = screen.HELP if isinstance(screen, Place) and screen.HELP else ""
        focused_help = getattr(screen.focused, "HELP", None) if screen.focused is not None else None
        if focused_help:
            purpose = f"{purpose.strip()}\n\n{focused_help.strip()}"
        keys: dict[str, list[str]] = {}
        for active in screen.active_bindings.values():
            if active.enabled and active.binding.description:
                shown = screen.app.get_key_display(active.binding)
                keys.setdefault(active.binding.description, []).append(shown)
        return cls(purpose, [(" ".join(shown), description) for description, shown in keys.items()])

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        width = max((len(keys) for keys, _ in self._keys), default=0)
        lines: list[tuple[str, str]] = (
            [(self._purpose.strip().replace("## ", "") + "\n\n", "")] if self._purpose else []
        )
        lines.append(("Keys that work now", "bold"))
        for keys, description in self._keys:
            lines += [(f"\n  {keys:<{width}}", "bold $text-primary"), (f"  {description}", "")]
        lines.append(("\n\nesc closes", "$foreground-muted"))
        with VerticalScroll(classes="box"):
            yield Static(Content.assemble(*lines))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
