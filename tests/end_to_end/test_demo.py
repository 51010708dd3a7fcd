"""`reviewtui demo` in a real terminal: on Train at once, plainly a recording, and gone without a trace."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.end_to_end.conftest import Open, Reviewtui
from tests.end_to_end.emitted import KNOWN, shapes
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.test_boundaries import HEAVY


@pytest.fixture
def demo(opened: Open, tmp_path: Path) -> Callable[..., Terminal]:
    """Open the demo where nobody lives and temporary files are the test's own."""
    (tmp_path / "temporary").mkdir()
    nowhere = str(tmp_path / "nowhere")

    def open_demo(*arguments: str, **size: int) -> Terminal:
        env = {"TMPDIR": str(tmp_path / "temporary"), "HOME": nowhere, "REVIEWTUI_HOME": f"{nowhere}/home"}
        return opened("demo", *arguments, env=env, **size)

    return open_demo


def nothing_is_left(tmp_path: Path) -> bool:
    """Whether neither the user's places nor the temporary one hold anything."""
    return not (tmp_path / "nowhere").exists() and list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
def test_it_begins_on_train_says_that_it_is_a_recording_and_leaves_nothing(
    demo: Callable[..., Terminal], columns: int, rows: int, tmp_path: Path
) -> None:
    terminal = demo("--speed", "30", columns=columns, rows=rows)
    terminal.wait_for("[Train]", "recorded run, replayed")
    terminal.wait_for("● running", "a recording, replayed")
    terminal.wait_for("✓ finished", "nothing was trained here")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    assert nothing_is_left(tmp_path)
    assert set(shapes(terminal.received)) <= KNOWN and b"Traceback" not in terminal.received


def test_keys_do_the_honest_thing_or_say_that_a_recording_cannot(demo: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = demo("--speed", "4", columns=100, rows=30)
    terminal.wait_for("● running")
    terminal.press("p")
    terminal.wait_for("‖ paused")
    terminal.press("p")
    terminal.wait_for("● running")
    for key, words in (("b", "branch from"), ("e", "train further"), ("c", "classify with")):
        terminal.press(key)
        terminal.wait_for(words)
    terminal.press("x")
    terminal.wait_for("Stop this run?")
    terminal.press("3")
    terminal.wait_for("■ stopped", "nothing to save")
    terminal.press("r")
    terminal.wait_for("begins anew")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0 and nothing_is_left(tmp_path)


def test_it_loads_no_heavy_library_and_starts_no_process(demo: Callable[..., Terminal]) -> None:
    terminal = demo("--speed", "20")
    terminal.wait_for("● running")
    process = psutil.Process(terminal.process.pid)
    assert process.children(recursive=True) == []
    mapped = {Path(one.path).name for one in process.memory_maps()}
    assert not [name for name in mapped if name.startswith(tuple(f"{heavy}." for heavy in HEAVY)) or "torch" in name]


@pytest.mark.parametrize("end", ["hang up", "SIGTERM"])
def test_it_leaves_nothing_however_it_is_ended(
    end: str, demo: Callable[..., Terminal], tmp_path: Path, until: Callable[..., Any]
) -> None:
    terminal = demo("--speed", "10")
    terminal.wait_for("● running")
    if end == "hang up":
        terminal.hang_up()
        until(lambda: os.waitpid(terminal.process.pid, os.WNOHANG)[0] == terminal.process.pid, seconds=20)
    else:
        terminal.kill(signal.SIGTERM)
        terminal.wait_for_end()
    assert nothing_is_left(tmp_path)


def test_without_a_terminal_it_says_so_and_leaves_nothing(reviewtui: Reviewtui, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    ended = reviewtui("demo", env={"TMPDIR": str(tmp_path / "temporary"), "REVIEWTUI_HOME": str(tmp_path / "nowhere")})
    assert ended.status == 2 and "needs a terminal" in ended.err and nothing_is_left(tmp_path)
    assert reviewtui("demo", "--speed", "0").status == 2
