"""A widget is as high as its last text, whatever happens between two changes."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from tui.widgets.responsive import Drawn
from tui.widgets.still import Still


class Bench(App[None]):
    CSS = "Still, Drawn { height: auto; } #below { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Still("one", id="still", markup=False)
        yield Drawn(id="drawn")
        yield Static(id="below")


@pytest.mark.parametrize("id", ["still", "drawn"])
@pytest.mark.parametrize("second", [1, 3])
async def test_a_text_that_changes_again_after_a_layout_is_measured_again(id: str, second: int) -> None:
    async with Bench().run_test(size=(40, 20)) as pilot:
        widget = pilot.app.screen.query_one(f"#{id}")
        show = widget.update if isinstance(widget, Still) else widget.show_text
        show("a\nb")
        pilot.app.screen._arrangement_cache.clear()  # as another widget does that has changed
        pilot.app.screen._refresh_layout()
        assert widget.size.height == 2
        show("\n".join("abc"[:second]))  # before this widget has had its turn
        await pilot.pause()
        assert widget.size.height == second
