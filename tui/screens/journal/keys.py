"""The keys of the Journal screen, of its list, and of its filter."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

JOURNAL = KeyTable(
    "journal",
    "Journal",
    (
        Action("journal.open", "enter", "open", "Open", "The run, or the runs that were compared", footer=True),
        Action("journal.note", "n", "note", "Note", "Write a note, which is kept with its date", footer=True),
        Action(
            "journal.hypothesis", "h", "hypothesis", "Expect", "What you expect now; what you said stays", footer=True
        ),
        Action("journal.compare", "c", "compare", "Compare", "With what it is held against", footer=True),
        Action("journal.write", "w", "write", "Write", "All that is shown, as a Markdown file", footer=True),
        Action("journal.filter", "slash", "filter", "Filter", "Only entries with words", footer=True, shown_as="/"),
        Action("journal.undo", "u", "undo", "Undo", "Take back the latest note written here"),
        Action("journal.scroll_down", "J,shift+down", "scroll_entry(3)", "Scroll the entry down"),
        Action("journal.scroll_up", "K,shift+up", "scroll_entry(-3)", "Scroll the entry up"),
        Action("journal.next_page", "space", "page_entry(1)", "Next page of the entry"),
        Action("journal.previous_page", "b", "page_entry(-1)", "Previous page of the entry"),
    ),
    inside=("screen",),
)

JOURNAL_LIST = KeyTable(
    "journal_list",
    "The list of entries",
    (
        Action("journal_list.down", "down,j", "cursor_down", "Down"),
        Action("journal_list.up", "up,k", "cursor_up", "Up"),
        Action("journal_list.page_down", "pagedown", "page_down", "Page down"),
        Action("journal_list.page_up", "pageup", "page_up", "Page up"),
        Action("journal_list.first", "home", "first", "First"),
        Action("journal_list.last", "end", "last", "Last"),
    ),
    inside=("journal",),
)

JOURNAL_FILTER = KeyTable(
    "journal_filter",
    "The filter of the journal",
    (Action("journal_filter.leave", "down", "leave", "To the list"),),
    inside=("journal",),
    typing=True,
)

TABLES = (JOURNAL, JOURNAL_LIST, JOURNAL_FILTER)
