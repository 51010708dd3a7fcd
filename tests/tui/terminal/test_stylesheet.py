"""What was parsed once is what parsing anew would give, whatever themes and screens came in between."""

from __future__ import annotations

import pytest
from textual.css import stylesheet as textual_stylesheet
from textual.css.stylesheet import Stylesheet, StylesheetParseError

from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.terminal.stylesheet import RememberingStylesheet

RED, BLUE = {"main": "#ff0000"}, {"main": "#0000ff"}
SOURCES = {
    ("a", ""): ("Screen { background: $main; } #one { color: $main; }", True, 1, ""),
    ("b", ""): ("#one { height: 3; &:focus { color: green; } }", False, 0, "Screen"),
}


def filled(sheet: Stylesheet) -> Stylesheet:
    for place, (css, default, tie_breaker, scope) in SOURCES.items():
        sheet.add_source(css, place, default, tie_breaker, scope)
    sheet.reparse()
    return sheet


def test_each_theme_has_its_own_rules_whatever_came_before() -> None:
    sheet = filled(RememberingStylesheet(variables=RED))
    for variables in (RED, BLUE, RED, {**RED, "more": "1"}, BLUE):
        sheet.set_variables(variables)
        sheet.reparse()
        assert sheet.css == filled(Stylesheet(variables=variables)).css
    assert filled(RememberingStylesheet(variables=BLUE)).css == filled(Stylesheet(variables=BLUE)).css


def test_a_source_that_is_wrong_leaves_the_rules_as_they_were() -> None:
    sheet = filled(RememberingStylesheet(variables=RED))
    before = sheet.css
    sheet.add_source("Screen { height: many; }", ("c", ""))
    with pytest.raises(StylesheetParseError):
        sheet.reparse()
    del sheet.source["c", ""]
    sheet.reparse()
    assert sheet.css == before


async def test_a_second_visit_parses_nothing_and_a_second_app_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = textual_stylesheet.parse

    def counted(scope: str, css: str, *where: object, **how: object) -> object:
        parsed.append(css)
        return parse(scope, css, *where, **how)  # type: ignore[arg-type]

    async def visit() -> list[str]:
        parsed.clear()
        async with ReviewTui().run_test(size=(80, 24)) as pilot:
            await settled(pilot, "No run yet")
            pilot.app.theme = "nord"
            await pilot.press("f3")
            await settled(pilot, "[Data]")
            pilot.app.theme = "textual-dark"
            await pilot.pause()
        return list(parsed)

    monkeypatch.setattr(textual_stylesheet, "parse", counted)
    await visit()
    assert await visit() == []
