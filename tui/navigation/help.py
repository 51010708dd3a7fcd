"""The help of a screen: its purpose, its keys in groups, and why some of them are not available now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.keys.actions import KeyTable
from tui.keys.bindings import bindings
from tui.keys.names import shown
from tui.navigation.keys import HELP
from tui.navigation.place import Place


@dataclass
class Line:
    """One or more keys, and what they do."""

    keys: list[str]
    text: str


@dataclass
class Group:
    """The keys of one screen or widget, or those that work everywhere."""

    title: str
    lines: list[Line]


class Help(ModalScreen[None]):
    """A dialog over the screen that it explains."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(HELP)

    def __init__(self, purpose: str, groups: list[Group]) -> None:
        self._purpose, self._groups = purpose, groups
        super().__init__()

    @classmethod
    def of(cls, screen: Screen[Any], table_of: Mapping[str, KeyTable]) -> Help:
        """Return the help of `screen` in its current state.

        Args:
            screen: The screen to explain.
            table_of: Action id → the table that declares it.
        """
        purpose = screen.HELP if isinstance(screen, Place) and screen.HELP else ""
        focused_help = getattr(screen.focused, "HELP", None) if screen.focused is not None else None
        if focused_help:
            purpose = f"{purpose.strip()}\n\n{focused_help.strip()}"
        groups = live_groups(screen, table_of)
        if idle := _idle_lines(screen):
            groups.append(Group("Not now", idle))
        return cls(purpose, groups)

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        lines = [line for group in self._groups for line in group.lines]
        width = max((len(" ".join(line.keys)) for line in lines), default=0)
        parts: list[tuple[str, str]] = [(f"{self._purpose.strip()}\n", "")] if self._purpose else []
        for group in self._groups:
            parts.append((f"\n{group.title}\n", "bold"))
            for line in group.lines:
                parts += [(f"  {' '.join(line.keys):<{width}}", "bold $text-primary"), (f"  {line.text}\n", "")]
        with VerticalScroll(classes="box") as box:
            box.border_subtitle = "↑ ↓ scroll · esc closes"
            yield Static(Content.assemble(*parts))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


def live_groups(screen: Screen[Any], table_of: Mapping[str, KeyTable]) -> list[Group]:
    """Return the available keys: those of the screen, then of the focused widget, then those that work everywhere."""
    found: dict[str, dict[str, Line]] = {}
    tables: dict[str, KeyTable] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        id = binding.id or ""
        if not active.enabled or id not in table_of:
            continue
        table = tables.setdefault(table_of[id].place, table_of[id])
        text = f"{binding.description}: {binding.tooltip}" if binding.tooltip else binding.description
        line = found.setdefault(table.place, {}).setdefault(id, Line([], text))
        line.keys.append(shown(key))
    here = screen.PLACE if isinstance(screen, Place) else ""

    def rank(place: str) -> int:
        return 0 if place == here else 3 if place == "app" else 2 if place == "screen" else 1

    return [Group(tables[place].title, _merged(list(found[place].values()))) for place in sorted(found, key=rank)]


def _merged(lines: list[Line]) -> list[Line]:
    """Return the lines with `1 Label 1`, `2 Label 2`, … merged into one."""
    result: list[Line] = []
    for line in lines:
        key = line.keys[0]
        stem = line.text.removesuffix(f" {key}")
        if key.isdigit() and stem != line.text:
            if result and result[-1].text == stem:
                result[-1].keys = [f"{result[-1].keys[0][0]}–{key}"]
                continue
            result.append(Line([key], stem))
        else:
            result.append(line)
    return result


def _idle_lines(screen: Screen[Any]) -> list[Line]:
    """Return the actions of the screen that are not available now, each with the reason."""
    if not isinstance(screen, Place):
        return []
    found: dict[str, Line] = {}
    chain = screen._modal_binding_chain  # unlike BINDINGS, it includes the keys of keys.toml
    for _, binding in (one for node, its in chain if node is screen for one in its):
        namespace, name, parameters = parse(binding.action)
        if not namespace and not screen.check_action(name, parameters) and (reason := screen.why_not(name)):
            line = found.setdefault(f"{binding.description}: {reason}", Line([], f"{binding.description}: {reason}"))
            line.keys.append(shown(binding.key))
    return list(found.values())
