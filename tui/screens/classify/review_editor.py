"""The place to type or paste a review: a text area that holds nothing that could steer the terminal."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from core.base.text import clean


class ReviewEditor(TextArea):
    """What is pasted is cleaned as it comes in, so what is shown is what is classified."""

    HELP = "Type or paste a review here. esc leaves the text, so that single keys act again."

    def edit(self, edit: Edit) -> EditResult:
        return super().edit(replace(edit, text=clean(edit.text)))
