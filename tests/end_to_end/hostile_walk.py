"""A walk by keys through every screen and dialog of the workbench, on a `hostile_place`."""

from __future__ import annotations

from collections.abc import Callable

from tests.end_to_end.hostile_place import Place
from tests.end_to_end.terminal import Terminal

ESCAPE, ENTER, CTRL_P, CTRL_Q = "\x1b", "\r", "\x10", "\x11"
DOWN, END, PAGE_UP = "\x1b[B", "\x1b[F", "\x1b[5~"
HELP = ("?", "esc closes")
COLUMNS = [(key, "The column of the") for key in "til"]
READING = [("s", "How labels become"), ("e", "How the file is read"), ("n", "Names of the classes")]
CLASSIFY = [
    ("E", "A copy to edit"),
    ("C", "Labelling automatically"),
    ("m", "Which run's model"),
    ("O", "In which order"),
    ("o", "Open a file of reviews"),
    (CTRL_P, "Search for commands"),
    HELP,
]


class Walk:
    """Keys in a terminal; `look` is given the screen after each."""

    def __init__(self, terminal: Terminal, place: Place, look: Callable[[str], None]) -> None:
        self.terminal, self.place, self.look = terminal, place, look

    def press(self, keys: str, *words: str) -> None:
        """Press keys, and wait for what they bring."""
        self.terminal.press(keys)
        self.look(self.terminal.wait_for(*words, seconds=240))

    def through(self, key: str, words: str) -> None:
        """Open a dialog and leave it."""
        self.press(key, words)
        self.terminal.press(ESCAPE)
        self.look(self.terminal.wait_until_gone(words))

    def go(self, place: str) -> None:
        """Go to a place."""
        self.press("g", "esc  stay here")
        self.press(place[0].lower(), f"[{place}]")

    def whole(self, reviews: int) -> None:
        """Everywhere; `reviews` of the pile are walked through. The workbench ends."""
        self.data()
        self.setup()
        self.runs_and_train()
        self.classify(reviews)
        self.go("Data")
        self.press("o", "Choose reviews")
        self.press(END + PAGE_UP, "enter opens")
        self.press("/q", "enter opens")
        self.leave()

    def leave(self) -> None:
        """End the workbench."""
        self.terminal.press(CTRL_Q)
        assert self.terminal.wait_for_end() == 0

    def data(self) -> None:
        """The sections of the Data screen and its dialogs."""
        self.look(self.terminal.wait_for("[Data]", "Ready", seconds=90))
        for key in "12453":
            self.press(key, f"[{key} ")
        for _ in range(len(self.place.texts) // 10):
            self.press(".", "turn pages")
        for dialog in [*COLUMNS, *READING, HELP]:
            self.through(*dialog)

    def setup(self) -> None:
        """The form."""
        self.press("c", "[Setup]", "Start training")
        self.through("p", "A preset replaces")
        self.press("y", "Copied the command")
        self.press(DOWN * 6, "[Setup]")

    def runs_and_train(self) -> None:
        """The newest run, which finished; some of the list; and the oldest, whose log is long."""
        self.go("Runs")
        self.press(ENTER, "[Train]", "finished")
        self.go("Runs")
        self.press("jjj", "folder")
        self.press(END, "folder")
        self.press(ENTER, "[Train]", "step")
        self.press("v", "[Train]")
        self.through("N", "Tell me about runs")

    def classify(self, reviews: int) -> None:
        """The pile, with the model of the run in view; then its dialogs and an export."""
        self.go("Data")
        self.press("w", "[Classify]", "‹p 1 of", "The model says")
        self.press("y", "decided along")
        self.press("y", "decided by itself")  # so that no decision asks about copies
        for number in range(2, reviews + 1):
            self.press("n" if number % 4 else "12s"[number // 4 % 3], f"‹p {number:,} of")
        self.press("e", "esc closes")
        self.terminal.press(ESCAPE)
        self.look(self.terminal.wait_until_gone("esc closes"))
        for dialog in CLASSIFY:
            self.through(*dialog)
        self.press("u", "[Classify]")
        self.press("x", "Export the decisions to")
        if str(self.place.folder).isprintable():
            self.press(ENTER, "Train on them")
            self.press("c", "Copied, if")
            self.terminal.press(ENTER)
            self.look(self.terminal.wait_until_gone("Train on them"))
        else:  # what is shown of such a folder's name is no name of a folder
            self.press(ENTER, "There is no folder")
            self.terminal.press(ESCAPE)
            self.look(self.terminal.wait_until_gone("There is no folder"))
