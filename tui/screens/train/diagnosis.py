"""What the figures of the run say about it, in sentences below the charts."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from core.base.text import clean_line
from core.diagnosis.finding import Finding
from tui.widgets.responsive import Drawn

_MOST = 2
"""Findings that are shown; the command `status` names them all."""
_ROWS, _LOW = 4, 2
"""Lines there are for them, and on a low screen."""


class RunDiagnosis(Drawn):
    """One paragraph for each finding, the weightiest first; nothing if there is nothing to say."""

    DEFAULT_CSS = """
    RunDiagnosis { max-height: 4; padding: 0 1; }
    RunDiagnosis.-empty { display: none; }
    """

    def show_findings(self, findings: Sequence[Finding], key: str) -> None:
        """Show findings; `key` sets up a run with what the first one advises."""
        self.set_class(not findings, "-empty")
        shown = tuple(findings[:_MOST])
        self.show(lambda width: diagnosis(shown, key, width, _LOW if self.screen.has_class("-short") else _ROWS))


def diagnosis(findings: Sequence[Finding], key: str, width: int, rows: int) -> Content:
    """Return the findings, each with its advice, and what `key` does about the first that a setting may help.

    What does not fit is left out: first later findings, then the advice in words where the key follows it.
    """
    keyed = changed(findings)
    for count in range(len(findings), 0, -1):
        found = _lines(findings[:count], keyed, key, advised=True)
        if found.get_height({}, width) <= rows:
            return found
    return _lines(findings[:1], keyed, key, advised=keyed is not findings[0]) if findings else Content("")


def _lines(findings: Sequence[Finding], keyed: Finding | None, key: str, *, advised: bool) -> Content:
    parts: list[tuple[str, str]] = []
    for number, one in enumerate(findings):
        parts += [("\n▲ " if number else "▲ ", "bold $text-warning"), (f"{clean_line(one.sentence)} ", "$text-warning")]
        if advised:
            parts.append((f"{clean_line(one.advice)} ", ""))
        if one is keyed:
            values = " ".join(f"{name}={value}" for name, value in one.changes.items())
            parts += [(key, "bold $text-primary"), (f" tries {clean_line(values, 60)}", "")]
    return Content.assemble(*parts)


def changed(findings: Sequence[Finding]) -> Finding | None:
    """Return the first finding that a changed setting may help; None if there is none."""
    return next((one for one in findings if one.changes), None)
