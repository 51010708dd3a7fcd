"""Ten thousand edits of Setup on a real terminal, typed at every speed: each value arrives as it was typed.

The truth is the command that `y` copies (OSC 52), after every 25 edits.
"""

from __future__ import annotations

import base64
import os
import random
import re
import select
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SAMPLES, Open
from tests.end_to_end.terminal import Terminal
from tests.tui.screens.setup.edits import Edit, FormModel, random_edits

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

EDITS = int(os.environ.get("REVIEWTUI_PROOF_EDITS", "10000"))
BATCH = 25
CODES = {
    "home": "\x1b[H",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "end": "\x1b[F",
    "backspace": "\x7f",
    "enter": "\r",
    "escape": "\x1b",
}
_COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
_ALONE_SECONDS = 1.0
"""How long an escape must stand alone: with what comes within a tenth of a second, or is read at once with it, a
terminal's reader takes it for the beginning of a sequence."""


def test_every_value_is_as_typed(opened: Open, tmp_path: Path) -> None:
    seed = int(os.environ.get("REVIEWTUI_PROOF_SEED", random.randrange(1 << 30)))
    generator = random.Random(seed)
    terminal = opened("open", str(SAMPLES / "train.csv"), columns=100, rows=30)
    terminal.process.delaybeforesend = None
    terminal.wait_for("Ready")
    terminal.press("c")
    terminal.wait_for("Start training")
    model, done, began = FormModel(str(SAMPLES / "train.csv")), 0, time.monotonic()
    keys = 0
    while done < EDITS:
        edits = [*random_edits(generator, BATCH - 1, cancel=False), *random_edits(generator, 1, cancel=True)]
        for edit in edits:
            model.apply(edit)
            keys += len(edit.keys)
        found = copied(terminal, edits, generator)
        wanted = model.command()
        assert found == wanted, f"seed {seed}, after {done} edits:\n{found}\n{wanted}\n{[edit.keys for edit in edits]}"
        done += BATCH
    print(f"{done:,} edits, {keys:,} keys in {time.monotonic() - began:.0f} s: every value as typed (seed {seed})")


def copied(terminal: Terminal, edits: list[Edit], generator: random.Random) -> str:
    """Type edits at random speed, copy the command, and return it."""
    codes = [CODES.get(key, key) for edit in edits for key in edit.keys]
    received = bytearray()
    pending = ""
    for code in codes:
        if code == CODES["escape"]:
            terminal.press(pending)
            pending = ""
            press_escape(terminal, received)
            continue
        pending += code
        if generator.random() < 0.2:
            terminal.press(pending)
            pending = ""
            read(terminal, received, generator.choice((0, 0, 0.002, 0.01, 0.05)))
    terminal.press(f"{pending}{CODES['home']}y")
    deadline = time.monotonic() + 60
    while (match := _COPIED.search(received)) is None:
        assert time.monotonic() < deadline, f"nothing was copied; the screen was:\n{shown(terminal, received)}"
        read(terminal, received, 0.05)
    return base64.b64decode(match[1]).decode()


def shown(terminal: Terminal, received: bytearray) -> str:
    """The screen after what was received, as far as that says."""
    terminal.take(bytes(received))
    return terminal.text()


def press_escape(terminal: Terminal, received: bytearray) -> None:
    """Press escape alone."""
    read(terminal, received, _ALONE_SECONDS)
    terminal.press(CODES["escape"])
    read(terminal, received, _ALONE_SECONDS)


def read(terminal: Terminal, received: bytearray, seconds: float) -> int:
    """Take in what the workbench writes within `seconds`; returns how many bytes."""
    before, until = len(received), time.monotonic() + seconds
    while True:
        ready, _, _ = select.select([terminal.process.child_fd], [], [], max(until - time.monotonic(), 0))
        if ready:
            received += os.read(terminal.process.child_fd, 65536)
        elif time.monotonic() >= until:
            return len(received) - before
