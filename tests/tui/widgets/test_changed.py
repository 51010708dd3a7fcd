"""Only the cells that differ are drawn again, and what is shown then is what was to be shown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content

from tui.widgets.changed import first_and_last
from tui.widgets.still import Still

CELLS = st.lists(st.tuples(st.sampled_from("ab─█ "), st.sampled_from(["label", "value"])), max_size=12)


@given(CELLS, CELLS)
def test_the_cells_between_first_and_last_make_one_line_into_the_other(
    before: list[tuple[str, object]], after: list[tuple[str, object]]
) -> None:
    left, right = first_and_last(before, after, 14)
    old, new = ([*cells, *[(" ", ())] * (14 - len(cells))] for cells in (before, after))
    assert [*old[:left], *new[left:right], *old[right:]] == new
    assert left == right or (old[left] != new[left] and old[right - 1] != new[right - 1])


def test_a_line_with_wide_characters_is_drawn_as_a_whole() -> None:
    assert first_and_last(None, [("a", "x")], 14) == (0, 14)


class StillApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Still(Content("before"))


LINE = st.lists(st.tuples(st.text("abc 字é", max_size=8), st.sampled_from(["", "bold", "red"])), max_size=4)
TEXTS = st.lists(st.lists(LINE, min_size=1, max_size=4), min_size=2, max_size=5)


@settings(max_examples=25, deadline=None)
@given(TEXTS)
async def test_whatever_it_showed_before_it_shows_the_text(texts: list[list[list[tuple[str, str]]]]) -> None:
    app = StillApp()
    async with app.run_test(size=(20, 8)) as pilot:
        still = app.query_one(Still)
        for lines in texts:
            content = Content("\n").join(Content.assemble(*parts) for parts in lines)
            still.update(content)
            await pilot.pause()
            shown = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
            app.screen.refresh(layout=True)
            await pilot.pause()
            assert shown == [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
