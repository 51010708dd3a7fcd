"""The keys of the Classify screen and of its dialogs."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable
from tui.screens.classify.certificate_keys import CERTIFICATE

MAX_DIGITS = 9
"""Labels that a digit gives."""

_PILE, _TYPED = "on a pile", "on a typed review"

CLASSIFY = KeyTable(
    "classify",
    "Classify",
    (
        Action("classify.agree", "enter,a", "agree", "Agree", "Take the model's label", footer=True, when=_PILE),
        *(
            Action(f"classify.label_{number}", str(number), f"label({number - 1})", f"Label {number}", when=_PILE)
            for number in range(1, MAX_DIGITS + 1)
        ),
        Action("classify.labels", "l", "all_labels", "Labels", "Find a label by its letters", footer=True, when=_PILE),
        Action("classify.skip", "s", "decide('skip')", "Skip", "Pass this review over", footer=True, when=_PILE),
        Action("classify.flag", "f", "decide('flag')", "Flag", "Somebody has to look at it", footer=True, when=_PILE),
        Action(
            "classify.ambiguous",
            "v",
            "decide('ambiguous')",
            "Vague",
            "Ambiguous: no label is right",
            footer=True,
            when=_PILE,
        ),
        Action("classify.undo", "u", "undo", "Undo", "Undo the latest operation", footer=True, when=_PILE),
        Action("classify.redo", "r,ctrl+y", "redo", "Redo", "Bring back what was undone last", when=_PILE),
        Action("classify.reasons", "e", "reasons", "Why", "Show which words carry the answer", footer=True),
        Action("classify.note", "i", "note", "Note", "Write a note about this review", footer=True, when=_PILE),
        Action("classify.list", "h", "list", "List", "The decisions, to go back to one", footer=True, when=_PILE),
        Action("classify.next", "n,j,right", "next", "Next", "The next review, undecided or not", when=_PILE),
        Action("classify.previous", "p,k,left", "previous", "Previous", "The review before", when=_PILE),
        Action("classify.first_undecided", "c", "first_undecided", "Continue", "The first undecided one", when=_PILE),
        Action("classify.number", "number_sign", "number", "Go to number", "Go to a review by its number", when=_PILE),
        Action("classify.order", "O", "order", "Order", "Choose which reviews come first", when=_PILE),
        Action("classify.requeue", "B", "requeue", "Undecide", "Make reviews undecided again", when=_PILE),
        Action("classify.new_label", "N", "new_label", "New label", "Add a label to this pile", when=_PILE),
        Action("classify.edit", "E", "edit", "Edit a copy", "Edit a copy and watch the probabilities", when=_PILE),
        Action("classify.copies", "y", "copies", "Copies", "Decide copies along, or each by itself", when=_PILE),
        Action("classify.learn", "L", "learn", "Learn", "Train the next model on the decisions", when=_PILE),
        Action("classify.blind", "b", "blind", "Blind", "Label first; the model's answer follows", footer=True),
        Action("classify.certificate", "C", "certificate", "Certificate", "What the model may label", when=_PILE),
        Action("classify.export", "x", "export", "Export", "Write the decisions to a file", footer=True, when=_PILE),
        Action(
            "classify.filter",
            "slash",
            "filter",
            "Find",
            "Show reviews with these words, labels or probabilities",
            footer=True,
            when=_PILE,
            shown_as="/",
        ),
        Action("classify.classify", "ctrl+s", "classify", "Classify", "Classify the typed review now", footer=True),
        Action("classify.write", "enter,i", "write", "Write", "Back into the text", footer=True, when=_TYPED),
        Action("classify.open", "o", "open", "Open", "Open a file of reviews", footer=True),
        Action("classify.switch", "t", "switch", "Type", "A typed review, or back to the pile", footer=True),
        Action("classify.model", "m", "model", "Model", "Choose the run whose model answers", footer=True),
        Action("classify.data", "d", "train_first", "Data", "Choose data to train a first model on", footer=True),
        Action("classify.down", "down", "scroll_by(1)", "Scroll down"),
        Action("classify.up", "up", "scroll_by(-1)", "Scroll up"),
        Action("classify.page_down", "pagedown,space", "scroll_by(10)", "Page down"),
        Action("classify.page_up", "pageup", "scroll_by(-10)", "Page up"),
        Action("classify.home", "home", "scroll_to_end(False)", "Start of the review"),
        Action("classify.end", "end", "scroll_to_end(True)", "End of the review"),
    ),
    inside=("screen",),
)

NOTE = KeyTable(
    "note",
    "A note",
    (Action("note.leave", "escape", "leave", "Cancel", "Leave the note as it was", footer=True),),
    inside=("classify",),
    typing=True,
)

DECISIONS = KeyTable(
    "decisions",
    "The list of decisions",
    (
        Action("decisions.close", "escape", "dismiss(None)", "Close", footer=True),
        Action("decisions.go", "enter", "go", "Go there", footer=True),
        Action("decisions.filter", "tab,right", "filter(1)", "Filter", "The next kind of decisions", footer=True),
        Action("decisions.filter_back", "shift+tab,left", "filter(-1)", "Filter back", "The kind before"),
        Action("decisions.down", "down", "move(1)", "Down"),
        Action("decisions.up", "up", "move(-1)", "Up"),
        Action("decisions.page_down", "pagedown", "page(1)", "Page down"),
        Action("decisions.page_up", "pageup", "page(-1)", "Page up"),
        Action("decisions.first", "home", "end(False)", "The latest"),
        Action("decisions.last", "end", "end(True)", "The earliest"),
    ),
    typing=True,
)

COPIES = KeyTable(
    "copies",
    "Copies of a review",
    (
        Action("copies.along", "y", "dismiss('along')", "Along", "Decide copies along, from now on", footer=True),
        Action("copies.each", "n", "dismiss('each')", "Each", "Decide each by itself, from now on", footer=True),
        Action("copies.close", "escape", "dismiss(None)", "Cancel", "Decide nothing yet", footer=True),
    ),
)

LEARN = KeyTable(
    "learn",
    "Train the next model",
    (
        Action("learn.train", "enter", "dismiss(True)", "Train", footer=True),
        Action("learn.cancel", "escape", "dismiss(False)", "Cancel", footer=True),
    ),
)

LEARNING = KeyTable(
    "learning",
    "The next model trains",
    (Action("learning.close", "escape,enter", "dismiss(None)", "Close", footer=True),),
)

LEARNED = KeyTable(
    "learned",
    "What a model has learned",
    (
        Action("learned.switch", "enter", "dismiss('switch')", "Switch", "Use the new model", footer=True),
        Action("learned.stay", "escape", "dismiss(None)", "Stay", "Stay with the model in use", footer=True),
        Action("learned.next", "t", "dismiss('next')", "Train", "Train the next one", footer=True),
        Action("learned.changed", "o", "changed", "Changed", "Open what gets another label", footer=True),
    ),
)

OPEN_PILE = KeyTable(
    "open_pile",
    "Open a file of reviews",
    (
        Action("open_pile.stay", "escape", "dismiss(None)", "Stay", footer=True),
        Action("open_pile.down", "down", "suggest(1)", "Next suggestion", footer=True),
        Action("open_pile.up", "up", "suggest(-1)", "Previous suggestion", footer=True),
    ),
    typing=True,
)

EXPORT = KeyTable(
    "export",
    "Export",
    (
        Action("export.stay", "escape", "dismiss(None)", "Stay", footer=True),
        Action("export.option", "tab", "option", "Also others", "Write skipped, flagged and ambiguous ones, too"),
    ),
    typing=True,
)

EXPORT_DONE = KeyTable(
    "export_done",
    "Exported",
    (
        Action("export_done.close", "escape,enter,q", "dismiss(False)", "Close", footer=True),
        Action("export_done.data", "d", "dismiss(True)", "Open on Data", footer=True),
        Action("export_done.copy", "c", "copy", "Copy the command", footer=True),
    ),
)

EDITED = KeyTable(
    "edited",
    "An edited copy of a review",
    (
        Action("edited.close", "escape", "close", "Back", "Back to the review; nothing is kept", footer=True),
        Action("edited.second", "ctrl+o", "second", "Second model", "Choose a second model to watch", footer=True),
        Action("edited.original", "ctrl+r", "original", "Original", "The original words again", footer=True),
    ),
    typing=True,
)

TABLES = (
    CLASSIFY,
    CERTIFICATE,
    NOTE,
    DECISIONS,
    COPIES,
    LEARN,
    LEARNING,
    LEARNED,
    OPEN_PILE,
    EXPORT,
    EXPORT_DONE,
    EDITED,
)
