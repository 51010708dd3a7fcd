"""A dialog with all settings of a run; those that differ from its preset are marked."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.runs.request import Request
from core.settings.presets import PRESETS, preset
from core.settings.schema import describe
from tui.formatting import setting_text
from tui.widgets.details import Details

_NAME, _VALUE = 26, 22
"""Widths in cells."""


def run_settings(request: Request) -> Details:
    """Return the dialog of what a run was asked to do."""
    title = f"Settings of {clean_line(request.name, 60)}"
    return Details(title, settings_list(request), "• differs from the preset")


def settings_list(request: Request) -> Content:
    """Return data, preset and every setting, one a line; those that differ from the preset are marked."""
    known = request.preset if request.preset in PRESETS else "balanced"
    usual = preset(known)
    lines: list[tuple[str, str]] = []

    def add(name: str, value: str, note: str = "", *, marked: bool = False) -> None:
        mark, style = ("• ", "bold") if marked else ("  ", "")
        lines.append((f"{mark}{name:<{_NAME}} ", style or "$foreground-muted"))
        lines.append((f"{value:<{_VALUE}}" if note else value, style))
        lines.append((f"  {note}\n" if note else "\n", "$foreground-muted"))

    add("data", clean_line(request.data, 200))
    if request.validation is not None:
        add("validation", clean_line(request.validation, 200))
    add("preset", clean_line(request.preset, 40))
    if request.parent is not None:
        add("branch of", f"{clean_line(request.parent.run)}, step {request.parent.step}")
    group = ""
    for one in describe():
        if one.group != group:
            group = one.group
            lines.append((f"\n{group}\n", "bold $text-primary"))
        value, default = getattr(request.settings, one.name), getattr(usual, one.name)
        note = f"{known}: {setting_text(default)}" if value != default else ""
        add(one.name, clean_line(setting_text(value), 60), note, marked=value != default)
    return Content.assemble(*lines).rstrip()
