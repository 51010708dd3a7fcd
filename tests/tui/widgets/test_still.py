"""`Still` is drawn anew if and only if its text or styles have changed, and laid out anew if its size may change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content

from tui.widgets.still import Still, _same

text = st.text("ab\n", max_size=5)
content = st.one_of(text, st.builds(Content, text), st.builds(Content.styled, text, st.sampled_from(["bold", "red"])))


def looks(one: str | Content) -> tuple[str, list[object]]:
    """What is seen of a text."""
    return (one, []) if isinstance(one, str) else (one.plain, list(one.spans))


@given(content, content)
def test_what_looks_different_is_never_taken_for_the_same(one: str | Content, other: str | Content) -> None:
    if _same(one, other):
        assert looks(one)[0] == looks(other)[0] and (looks(one)[1] == looks(other)[1] or not looks(one)[0])
    assert _same(one, one)


class Bench(App[None]):
    CSS = "#fixed { width: 1fr; height: 1; } #free { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Still("one", id="fixed", markup=False)
        yield Still("one", id="free", markup=False)


@pytest.mark.parametrize("id", ["fixed", "free"])
async def test_only_a_change_is_drawn_and_only_one_of_the_size_is_laid_out(
    id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Bench().run_test() as pilot:
        still = pilot.app.query_one(f"#{id}", Still)
        drawn: list[bool] = []
        monkeypatch.setattr(still, "refresh", lambda *regions, layout=False, **how: drawn.append(layout))
        for text in ("one", Content("two"), Content("two"), Content.styled("two", "bold"), "", Content("")):
            still.update(text)
        assert drawn == ([True, False, True] if id == "free" else [False] * 3)


async def test_styles_of_static_apply() -> None:
    async with Bench().run_test() as pilot:
        assert "Static" in pilot.app.query_one("#free")._css_type_names
