"""The user's command, with real processes: what it gets, that no shell reads it, and that nothing waits for it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.notifications.command import TIMEOUT_SECONDS, RunningCommand, words_of
from tests.core.notifications.bench import keeping, kept


@pytest.fixture
def ticks() -> list[float]:
    return [0.0]


def python(code: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", code, *arguments])


def test_the_command_gets_one_json_object_and_nothing_else(tmp_path: Path) -> None:
    facts = {"event": "finished", "name": "lamps $(touch owned); `id` | cat > x", "step": 3}
    assert RunningCommand(keeping(tmp_path / "given"), facts).wait() == ""
    assert kept(tmp_path / "given") == [facts]


def test_nothing_in_a_command_line_is_expanded(tmp_path: Path) -> None:
    words = ["$HOME", "`id`", "*", "a;b", "|", ">", "~", "&&", "two words"]
    code = "import sys; open(sys.argv[1], 'w').write('\\n'.join(sys.argv[2:]))"
    assert RunningCommand(python(code, str(tmp_path / "words"), *words), {}).wait() == ""
    assert (tmp_path / "words").read_text().split("\n") == words


def test_a_command_that_reads_nothing_blocks_nobody_however_much_it_is_given(ticks: list[float]) -> None:
    sleeping = python("import time; time.sleep(1000)")
    running = RunningCommand(sleeping, {"message": "x" * (1 << 20)}, clock=lambda: ticks[0])
    assert running.outcome() is None
    ticks[0] = TIMEOUT_SECONDS
    assert "more than 30 seconds" in (running.outcome() or "")


def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path, ticks: list[float]) -> None:
    started = tmp_path / "started"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        "open(sys.argv[1] + '.part', 'w').write(str(child.pid)); os.rename(sys.argv[1] + '.part', sys.argv[1])\n"
        "time.sleep(1000)"
    )
    running = RunningCommand(python(code, str(started)), {}, clock=lambda: ticks[0])
    while not started.exists():
        assert running.outcome() is None
        time.sleep(0.01)
    child = int(started.read_text())
    ticks[0] = TIMEOUT_SECONDS + 1
    assert "was ended" in (running.outcome() or "")
    for _ in range(1000):
        if _is_gone(child):
            return
        time.sleep(0.01)
    pytest.fail("what the command had started still lives")


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_is_apart_from_our_session_and_hears_nothing_of_our_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = str(Path(__file__).resolve().parents[3])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([ours, "/elsewhere"]))
    code = "import os, sys; open(sys.argv[1], 'w').write(f\"{os.getsid(0)} {os.environ.get('PYTHONPATH')}\")"
    assert RunningCommand(python(code, str(tmp_path / "said")), {}).wait() == ""
    session, path = (tmp_path / "said").read_text().split()
    assert int(session) != os.getsid(0) and path == "/elsewhere"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/program", "could not be started (No such file"),
        ("/etc", "could not be started (Permission denied"),
        ("'unclosed", "could not be started (That is no command"),
        ("   ", "could not be started (That is no command"),
        ("a\0b", "could not be started (That is no command"),
        (python("raise SystemExit(3)"), "failed (exit status 3)"),
        (python("import os; os.kill(os.getpid(), 9)"), "failed (signal 9)"),
    ],
)
def test_whatever_goes_wrong_is_a_sentence_and_no_exception(command: str, said: str) -> None:
    running = RunningCommand(command, {})
    assert said in running.wait()
    assert running.wait() == running.outcome(), "and stays the same"


def test_what_it_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('\\x1b]0;owned\\x07' * 100_000); print('x', file=sys.stderr)"
    assert RunningCommand(python(code), {}).wait() == ""
    assert capfd.readouterr() == ("", "")


@given(st.text())
def test_any_line_is_split_or_refused(line: str) -> None:
    try:
        words = words_of(line)
    except InputError:
        return
    assert words and shlex.split(shlex.join(words)) == words
