"""The keys of the Data screen: its own, the file picker's, and those of the dialog that names classes."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

SECTIONS = ("Overview", "Columns", "Samples", "Left out", "Lengths")
"""Titles of the sections of what was found; a digit opens each."""

_PICKING, _FOUND, _LENGTHS = "while choosing reviews", "once reviews are read", "in the section Lengths"

DATA = KeyTable(
    "data",
    "Data",
    (
        Action(
            "data.continue",
            "c,enter",
            "continue",
            "Continue",
            "On to the settings of the run",
            footer=True,
            when=_FOUND,
        ),
        Action(
            "data.work_through",
            "w",
            "work_through",
            "Review one by one",
            "Classify these reviews, one at a time",
            footer=True,
            when=_FOUND,
        ),
        Action(
            "data.verify_labels",
            "v",
            "verify_labels",
            "Verify labels",
            "Labels that are probably wrong, as a pile in Classify",
            when=_FOUND,
        ),
        Action("data.open", "o", "open", "Open", "Choose other reviews", footer=True, when=_FOUND),
        Action("data.next_section", "right", "section(1)", "Section", footer=True, shown_as="←→", when=_FOUND),
        Action("data.previous_section", "left", "section(-1)", "Previous section", when=_FOUND),
        Action(
            "data.next_page",
            "full_stop",
            "page(1)",
            "Next",
            "The next page of samples, or another long review",
            footer=True,
            shown_as=".",
            when=_FOUND,
        ),
        Action("data.previous_page", "comma", "page(-1)", "Previous page or long review", shown_as=",", when=_FOUND),
        Action(
            "data.higher",
            "plus,equals_sign",
            "limit(1)",
            "Limit",
            "Raise the limit: read more tokens of long reviews",
            footer=True,
            shown_as="+−",
            when=_LENGTHS,
        ),
        Action(
            "data.lower",
            "minus",
            "limit(-1)",
            "Lower limit",
            "Read fewer tokens of long reviews",
            when=_LENGTHS,
        ),
        Action(
            "data.truncation",
            "p",
            "truncation",
            "Kept part",
            "Keep the head, the tail or both of long reviews",
            footer=True,
            when=_LENGTHS,
        ),
        Action("data.text", "t", "choose_column('text')", "Text column"),
        Action("data.title", "i", "choose_column('title')", "Title column"),
        Action("data.label", "l", "choose_column('label')", "Label column"),
        Action("data.scheme", "s", "choose_scheme", "How labels become classes"),
        Action("data.names", "n", "name_classes", "Names of the classes"),
        Action("data.doubts", "d", "answer", "Questions", "Close calls, and how to decide them otherwise", when=_FOUND),
        Action("data.reading", "e", "choose_reading", "How the file is read", "Encoding, delimiter, header"),
        *(
            Action(f"data.section_{number}", str(number), f"open_section({number - 1})", title, when=_FOUND)
            for number, title in enumerate(SECTIONS, start=1)
        ),
    ),
    inside=("screen",),
)

PICKER = KeyTable(
    "picker",
    "File list",
    (
        Action("picker.type", "slash", "type", "Type a path", footer=True),
        Action("picker.up", "backspace,left", "up", "Folder above", footer=True, when=_PICKING),
        Action("picker.list", "down", "list", "To the list"),
    ),
    inside=("data",),
)

PATH = KeyTable(
    "path",
    "Path",
    (Action("path.complete", "tab", "complete", "Complete"),),
    inside=("picker",),
    typing=True,
)

NAMES = KeyTable(
    "names",
    "Names of the classes",
    (
        Action("names.close", "escape", "close", "Close", footer=True),
        Action("names.next", "down", "app.focus_next", "Next"),
        Action("names.previous", "up", "app.focus_previous", "Previous"),
        Action("names.save", "ctrl+s", "save", "Save", footer=True),
    ),
    typing=True,
)

TABLES = (DATA, PICKER, PATH, NAMES)
