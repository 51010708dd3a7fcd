"""Giving way: a process lowers itself, and its session's group where that is its own; a thread lowers itself alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.base.priority import lower_thread_priority
from core.base.subprocess_env import child_environment

AUTOGROUP = Path("/proc/self/autogroup")
"""Reads empty where this process is in no group, as in some containers."""

SCRIPT = """
import os
from pathlib import Path
from core.base.priority import lower_process_priority
before = os.getpriority(os.PRIO_PROCESS, 0)
lower_process_priority(before + 3)
lower_process_priority(before + 1)
group = Path("/proc/self/autogroup")
said = group.read_text().split() if group.exists() else []
print(os.getpriority(os.PRIO_PROCESS, 0) - before, said[-1] if said else "none", before + 1)
"""


def say(*, own_session: bool) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
        start_new_session=own_session,
    )
    return done.stdout.split()


def test_a_process_lowers_itself_and_is_never_raised_again() -> None:
    assert say(own_session=False)[0] == "3"


@pytest.mark.skipif(
    not AUTOGROUP.exists() or not AUTOGROUP.read_text(), reason="processes are not grouped by session here"
)
def test_only_the_leader_of_a_session_lowers_its_group() -> None:
    before = AUTOGROUP.read_text().split()[-1]
    _, group, _ = say(own_session=False)
    assert group == before
    _, group, last = say(own_session=True)
    assert group == last


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere niceness is of whole processes")
def test_a_thread_lowers_itself_alone() -> None:
    before, found = os.getpriority(os.PRIO_PROCESS, 0), []

    def work() -> None:
        lower_thread_priority(before + 2)
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before + 2]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
