"""The keys of the Classify screen and of its dialogs."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

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
        Action("classify.labels", "l", "all_labels", "Labels", "Choose from all labels", footer=True, when=_PILE),
        Action("classify.skip", "s", "skip", "Skip", "Leave this review without a label", footer=True, when=_PILE),
        Action("classify.undo", "u", "undo", "Undo", "Undo the latest decision", footer=True, when=_PILE),
        Action("classify.redo", "r,ctrl+y", "redo", "Redo", "Bring back what was undone last", when=_PILE),
        Action(
            "classify.next", "n,j,right", "next", "Next", "The next review, undecided or not", footer=True, when=_PILE
        ),
        Action("classify.previous", "p,k,left", "previous", "Prev", "The review before", footer=True, when=_PILE),
        Action("classify.first_undecided", "f", "first_undecided", "First undecided", when=_PILE),
        Action("classify.classify", "ctrl+s", "classify", "Classify", "Classify the typed review now", footer=True),
        Action("classify.write", "enter,i", "write", "Write", "Back into the text", footer=True, when=_TYPED),
        Action("classify.blind", "b", "blind", "Blind", "Label first; the model's answer follows", footer=True),
        Action("classify.export", "x", "export", "Export", "Write the decisions to a file", footer=True, when=_PILE),
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
    "export", "Export", (Action("export.stay", "escape", "dismiss(None)", "Stay", footer=True),), typing=True
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

TABLES = (CLASSIFY, OPEN_PILE, EXPORT, EXPORT_DONE)
