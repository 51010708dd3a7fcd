"""Telling on a real terminal: the sequences arrive whole, once, and only if they were asked for."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from core.notifications.preferences import Notifications, Way, remember_notifications
from core.runs.folder import RunFolder
from tests.end_to_end.conftest import Open
from tests.end_to_end.emitted import KNOWN, shapes
from tests.end_to_end.terminal import Terminal
from tests.tui.made_runs import append, hold, make_run

NAME = "lamps\x1b]52;c;ZXZpbA==\x07\x1b\\;x"
SHOWN = "lamps␛]52;c;ZXZpbA==␇␛\\;x"
_TITLE = re.compile(rb"\x1b\]2;([^\x07\x1b]*)\x07")


@pytest.fixture
def run() -> Iterator[RunFolder]:
    """A run that trains, with a hostile name."""
    made = make_run(1, name=NAME, steps=10, end=None)
    lock = hold(made)
    yield made
    lock.release()


def asked(*ways: Way) -> None:
    remember_notifications(Notifications(("finished",), ways), time.time() - 60)


def read_until(terminal: Terminal, words: bytes, seconds: float = 60) -> None:
    """Read until the command has written these bytes."""
    deadline = time.monotonic() + seconds
    while words not in terminal.received:
        assert terminal.read() and time.monotonic() < deadline, f"{words!r} never came:\n{terminal.text()}"


def linger(terminal: Terminal, seconds: float = 3.0) -> None:
    """Read for longer than the workbench takes to look at the runs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        terminal.read(0.1)


def left(terminal: Terminal) -> bytes:
    """Quit, and return everything that was written."""
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    return terminal.received


def test_a_workbench_that_was_not_asked_writes_nothing_of_it(opened: Open, run: RunFolder) -> None:
    terminal = opened()
    terminal.wait_for("● running")
    append(run, "finished")
    terminal.wait_for("✓ finished")
    linger(terminal)
    received = left(terminal)
    assert set(shapes(received)) <= KNOWN and b"\x1b]2;" not in received and b"\x1b[22;2t" not in received
    assert shapes(received)[b"\x07"] == 0


def test_what_was_asked_for_arrives_whole_and_the_title_is_given_back(opened: Open, run: RunFolder) -> None:
    asked("bell", "title", "osc9", "osc777")
    terminal = opened()
    read_until(terminal, b"\x1b[22;2t")
    append(run, "finished")
    read_until(terminal, b"finished\x07")
    received = left(terminal)
    text = f"{SHOWN} has finished: accuracy 0.900, macro F1 0.890, step 10 of 40"
    assert received.count(f"\x1b]9;reviewtui: {text}\x07".encode()) == 1
    assert received.count(f"\x1b]777;notify;reviewtui;{text.replace(';', ',')}\x07".encode()) == 1
    titles = [found.decode() for found in _TITLE.findall(received)]
    assert titles == [f"● 25% {SHOWN}", f"✓ {SHOWN} finished", ""]
    assert received.rindex(b"\x1b[23;2t") > received.rindex(b"\x1b]2;")
    assert NAME.encode() not in received and b"\x1b]52;" not in received
    assert shapes(received)[b"\x07"] == 1, "one bell, beside those that end a sequence"


def test_in_tmux_notifications_are_wrapped_and_the_bell_is_not(opened: Open, run: RunFolder) -> None:
    asked("bell", "osc9")
    terminal = opened(env={"TMUX": "/tmp/tmux-0/default,1,0"})
    terminal.wait_for("● running")
    append(run, "finished")
    read_until(terminal, b"has finished")
    received = left(terminal)
    assert received.count(b"\x1bPtmux;\x1b\x1b]9;reviewtui: ") == 1
    assert re.search(rb"\x1bPtmux;\x1b\x1b\]9;[^\x1b\x07]*\x07\x1b\\", received)


def test_a_workbench_that_is_killed_in_the_middle_tells_nothing_twice_when_it_is_reopened(
    opened: Open, run: RunFolder
) -> None:
    asked("osc9")
    first = opened()
    first.wait_for("● running")
    append(run, "finished")
    read_until(first, b"has finished")
    first.kill()
    second = opened()
    second.wait_for("✓ finished")
    linger(second)
    assert b"\x1b]9;" not in left(second)


def test_status_watch_rings_on_a_terminal_and_restores_its_title(opened: Open, run: RunFolder) -> None:
    asked("title")
    terminal = opened("status", "latest", "--watch", "--bell")
    read_until(terminal, b"\x1b]2;")
    append(run, "finished")
    terminal.wait_for_end()
    received = terminal.received
    assert received.count(b"\x1b[22;2t") == received.count(b"\x1b[23;2t") == 1
    assert f"✓ {SHOWN} finished\x07".encode() in received
    without_titles = received.replace(b"\x1b]2;\x07", b"")
    assert without_titles.count(b"\x07") == 1 + without_titles.count(b"\x1b]2;")


def test_status_watch_that_was_not_asked_writes_nothing_of_it(opened: Open, run: RunFolder) -> None:
    terminal = opened("status", "latest", "--watch")
    terminal.wait_for("training")
    append(run, "finished")
    terminal.wait_for_end()
    assert b"\x07" not in terminal.received and b"\x1b]" not in terminal.received
