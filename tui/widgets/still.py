"""`Still`: a text that is drawn anew only if it has changed, so that a slow terminal is not sent what it shows."""

from __future__ import annotations

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

from tui.widgets.measured import Measured


class Still(Static, Measured):
    """A `Static` whose `update` does nothing if the text and its styles are the ones that are shown."""

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show another content; see `Static.update`. A widget of a fixed size is not laid out again."""
        if not _same(self.content, content):
            width, height = self.styles.width, self.styles.height
            fixed = width is not None and height is not None and not (width.is_auto or height.is_auto)
            super().update(content, layout=layout and not fixed)


def _same(one: VisualType, other: VisualType) -> bool:
    if not isinstance(one, Content | str) or not isinstance(other, Content | str):
        return False
    if not one and not other:
        return True
    if isinstance(one, Content) and isinstance(other, Content):
        return one.is_same(other)
    return isinstance(one, str) and isinstance(other, str) and one == other
