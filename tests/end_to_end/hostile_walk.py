"""A walk by keys through every screen and dialog of the workbench, on a `hostile_place`."""

from __future__ import annotations

from collections.abc import Callable

from tests.end_to_end.hostile_place import Place
from tests.end_to_end.terminal import Terminal

ESCAPE, ENTER, CTRL_P, CTRL_Q = "\x1b", "\r", "\x10", "\x11"
DOWN, END, PAGE_UP = "\x1b[B", "\x1b[F", "\x1b[5~"


def walk(terminal: Terminal, place: Place, look: Callable[[str], None], reviews: int) -> None:
    """Go through all screens, `look` at each; `reviews` of the pile are walked through. Ends with the workbench."""

    def press(*keys: str) -> None:
        for key in keys:
            terminal.press(key)
            look(terminal.settle(quiet=0.06))

    terminal.wait_for("[Data]", "Ready", seconds=90)
    press(*"12345", "3")
    press(*("." * (len(place.texts) // 10)))
    for key in "tilsen":
        press(key, ESCAPE)
    press("c")
    terminal.wait_for("[Setup]", "Start training")
    press(*[DOWN] * 3, "p", ESCAPE, "y", "f", ESCAPE, "?", ESCAPE)
    press("g", "r")
    terminal.wait_for("[Runs]")
    press(*"jjjjjjjj", "?", ESCAPE, END, *[PAGE_UP] * 3, ENTER)
    terminal.wait_for("[Train]")
    press("v", "v", "g", "r", END, ENTER, "v")
    press("g", "d")
    terminal.wait_for("[Data]")
    press("w")
    terminal.wait_for("[Classify]", f"1 of {len(place.texts):,}", seconds=90)
    terminal.wait_for("The model says", seconds=90)
    for number in range(reviews):
        press("n" if number % 4 else "12s\r"[number // 4 % 4])
    for keys in (("l", ESCAPE), ("m", ESCAPE), ("o", DOWN, ESCAPE), ("b", "b"), ("u", "r"), ("x", ENTER)):
        press(*keys)
    terminal.wait_for("Train on them")
    press("c", ENTER, "t", *"typed", ESCAPE, CTRL_P, ESCAPE)
    press("g", "d", "o", END, *[PAGE_UP] * 6, "/", "q", "\t", ESCAPE, ESCAPE)
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
