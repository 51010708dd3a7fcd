"""The editor for a typed or pasted review. Its text cannot control the terminal."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from core.base.text import clean


class ReviewEditor(TextArea):
    """A text area that cleans pasted text, so that the text shown is the text classified."""

    HELP = "Type or paste a review here. Esc leaves the text, so that single keys act again."

    def edit(self, edit: Edit) -> EditResult:
        return super().edit(replace(edit, text=clean(edit.text)))
