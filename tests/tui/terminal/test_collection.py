"""Only a process that began to pass over what lives on does so: no test keeps the applications of the others."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from tests.tui.made_runs import make_run
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.terminal import collection


def test_nothing_is_passed_over_unless_the_process_began_with_it() -> None:
    collection.settled()
    assert gc.get_freeze_count() == 0


def test_what_is_there_is_passed_over_and_what_comes_later_is_collected() -> None:
    script = """
import gc, weakref
from tui.terminal import collection
class Node: pass
def circle():
    node = Node(); node.me = node
    return weakref.ref(node)
collection.begin()
before = gc.get_freeze_count()
kept = [Node() for _ in range(1000)]
collection.settled()
assert gc.get_freeze_count() >= before + 1000
later = circle(); gc.collect()
assert later() is None
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


async def test_the_list_settles_once_when_all_runs_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    monkeypatch.setattr(collection, "settled", lambda: times.append(len(times)))
    make_run(1, name="one")
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await settled(pilot, "one", "on disk")
        await pilot.press("f8", "escape")
        await settled(pilot, "[Runs]", "on disk")
        for _ in range(20):
            await pilot.pause(0.05)
    assert times == [0]
