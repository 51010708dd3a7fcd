"""What a logout does to a run: foreseen from made-up machines, and the way that is taken shown by a stand-in."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from core.runs import launch, logout
from core.runs.folder import RunFolder, create_run
from core.runs.launch import launch_worker
from core.runs.lock import living_worker
from core.runs.logout import Detachment, plan_detachment
from core.runs.request import Request

ME = pwd.getpwuid(os.getuid()).pw_name
SESSION, MANAGER = "user.slice/user-7.slice/session-3.scope", "user.slice/user-7.slice/user@7.service/app.slice/x.scope"
KILLS = {"etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n"}
LINGERS = {f"var/lib/systemd/linger/{ME}": ""}
Machine = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A root folder with the files given, booted by systemd; `group` is where this process is in it."""

    def make(files: dict[str, str], group: str = SESSION, booted: bool = True) -> Path:
        root = tmp_path / "root"
        if booted:
            (root / "run/systemd/system").mkdir(parents=True)
        for name, content in {**files, "proc/self/cgroup": f"0::/{group}\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        return root

    return make


@pytest.fixture
def systemd_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """`systemd_run(refuses)`: a stand-in on PATH that writes down how it is called, and runs what it is to run.

    It refuses to if its arguments match the shell pattern `refuses`. Returns the file of what it was called with.
    """
    calls, folder = tmp_path / "calls", tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    def make(refuses: str = "-nothing-") -> Path:
        script = folder / "systemd-run"
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {calls}\n'
            f'case "$*" in {refuses}) echo "Failed to start: not today." >&2; exit 1;; esac\n'
            'while [ "${1#-}" != "$1" ]; do shift; done\nREVIEWTUI_SCOPE=inside exec "$@"\n'
        )
        script.chmod(0o755)
        return calls

    return make


@pytest.mark.parametrize(
    ("files", "ends"),
    [
        ({}, True),
        ({"etc/debian_version": "13"}, False),
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\nKillUserProcesses=no\n"}, False),
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=no\n"}, False),
        ({"usr/lib/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\n", "etc/debian_version": "13"}, True),
        ({"etc/debian_version": "13", "etc/systemd/logind.conf": "KillUserProcesses = yes \n"}, True),
        (  # names decide the order of drop-ins, whichever their folder
            {
                "usr/lib/systemd/logind.conf.d/99-a.conf": "KillUserProcesses=no",
                "etc/systemd/logind.conf.d/20-b.conf": "KillUserProcesses=1",
                "etc/systemd/logind.conf.d/10-c.conf": "KillUserProcesses=off",
            },
            False,
        ),
        (  # /etc takes the place of a drop-in of the same name
            {
                "usr/lib/systemd/logind.conf.d/20-b.conf": "KillUserProcesses=no",
                "etc/systemd/logind.conf.d/20-b.conf": "KillUserProcesses=true",
            },
            True,
        ),
        (  # the first main file hides the others
            {
                "etc/systemd/logind.conf": "KillUserProcesses=no",
                "usr/lib/systemd/logind.conf": "KillUserProcesses=yes\nKillOnlyUsers=ann",
            },
            False,
        ),
        ({"etc/systemd/logind.conf": "KillUserProcesses=yes\nKillExcludeUsers=root ann bob"}, False),
        ({"etc/systemd/logind.conf": "KillUserProcesses=no\nKillOnlyUsers=bob ann"}, True),
        ({"etc/systemd/logind.conf": "KillUserProcesses=yes\nKillOnlyUsers=bob"}, False),
        ({"etc/systemd/logind.conf": "KillOnlyUsers=ann\nKillExcludeUsers=ann"}, False),
    ],
)
def test_logind_is_read_as_logind_reads_itself(files: dict[str, str], ends: bool, machine: Machine) -> None:
    assert logout._ends_sessions("ann", machine(files)) is ends


def test_root_is_spared_until_it_is_taken_off_the_list(machine: Machine) -> None:
    root = machine({"etc/systemd/logind.conf": "KillUserProcesses=yes"})
    assert not logout._ends_sessions("root", root)
    (root / "etc/systemd/logind.conf").write_text("KillUserProcesses=yes\nKillExcludeUsers=\n")
    assert logout._ends_sessions("root", root)


@pytest.mark.parametrize(
    ("files", "group", "booted", "survives", "words"),
    [
        (KILLS, SESSION, False, True, "no systemd here"),
        ({"etc/systemd/logind.conf": "KillUserProcesses=no"}, SESSION, True, True, "leaves processes alone"),
        (KILLS, SESSION, True, False, "`loginctl enable-linger`"),
        ({**KILLS, **LINGERS}, MANAGER, True, True, "lingering keeps"),
        ({"etc/systemd/logind.conf": "KillUserProcesses=no"}, MANAGER, True, False, "`loginctl enable-linger`"),
        (KILLS, "system.slice/cron.service", True, True, "no login session"),
        (KILLS, "", True, True, "no login session"),
    ],
)
def test_what_happens_at_logout_is_foreseen_with_its_reason(
    files: dict[str, str], group: str, booted: bool, survives: bool, words: str, machine: Machine
) -> None:
    found = plan_detachment(machine(files, group, booted), {"PATH": "/nowhere"})
    assert (found.how, found.survives) == ("session", survives)
    assert words in f"{found.why} {found.advice}" and bool(found.advice) is not survives
    assert ("Keeps running after you log out" in str(found)) is survives
    assert ("ENDS at your logout" in str(found)) is not survives


def test_lingering_alone_does_not_save_a_process_of_the_login(
    machine: Machine, systemd_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With lingering the manager stays, not the session; only a process under the manager is spared."""
    root = machine({**KILLS, **LINGERS})
    calls = systemd_run()
    reached = plan_detachment(root)
    assert (reached.how, reached.survives) == ("systemd", True) and "systemd user manager" in str(reached)
    assert calls.read_text() == "--user --scope --quiet --collect --property=OOMPolicy=continue true\n"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    unreachable = plan_detachment(root)
    assert (unreachable.how, unreachable.survives) == ("session", False) and "XDG_RUNTIME_DIR" in str(unreachable)
    absent = plan_detachment(root, {"PATH": "/nowhere", "XDG_RUNTIME_DIR": "/run/user/7"})
    assert not absent.survives and "there is no systemd-run" in str(absent)


def test_a_manager_that_does_not_answer_is_not_relied_on(machine: Machine, systemd_run: Callable[..., Path]) -> None:
    systemd_run("*")
    found = plan_detachment(machine({**KILLS, **LINGERS}))
    assert (found.how, found.survives) == ("session", False) and "not today" in found.why


def test_an_older_systemd_is_asked_without_what_it_does_not_know(
    machine: Machine, systemd_run: Callable[..., Path]
) -> None:
    systemd_run("*OOMPolicy*")
    found = plan_detachment(machine({**KILLS, **LINGERS}))
    assert found.how == "systemd" and not any("OOMPolicy" in word for word in found.command)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(Request(name="chairs", data="/absent.csv"))


def test_a_worker_is_started_under_the_manager_where_that_saves_it(
    run: RunFolder,
    machine: Machine,
    systemd_run: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., object],
) -> None:
    root, calls = machine({**KILLS, **LINGERS}), systemd_run()
    monkeypatch.setattr(launch, "plan_detachment", lambda: plan_detachment(root))
    started_worker = launch_worker(run)
    assert (started_worker.detachment.how, started_worker.detachment.survives) == ("systemd", True)
    probe, started = calls.read_text().splitlines()
    assert f"--unit=reviewtui-{run.id} " in started and started.endswith(f"-m core.worker {run.path}")
    assert probe.split()[:4] == started.split()[:4] == ["--user", "--scope", "--quiet", "--collect"]
    with open(f"/proc/{started_worker.pid}/environ", "rb") as file:  # noqa: PTH123 -- it is inside what systemd-run ran
        assert b"REVIEWTUI_SCOPE=inside" in file.read()
    os.kill(started_worker.pid, 9)
    until(lambda: living_worker(run.lock) is None)


def test_a_manager_that_fails_at_last_costs_the_protection_and_not_the_run(
    run: RunFolder,
    machine: Machine,
    systemd_run: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., object],
) -> None:
    root, calls = machine({**KILLS, **LINGERS}), systemd_run("*core.worker*")
    monkeypatch.setattr(launch, "plan_detachment", lambda: plan_detachment(root))
    started_worker = launch_worker(run)
    assert len(calls.read_text().splitlines()) == 2 and os.getsid(started_worker.pid) != os.getsid(0)
    assert (started_worker.detachment.how, started_worker.detachment.survives) == ("session", False)
    assert "Failed to start: not today" in str(started_worker.detachment)
    os.kill(started_worker.pid, 9)
    until(lambda: living_worker(run.lock) is None)


def test_here_it_is_answered_too() -> None:
    found = plan_detachment()
    assert isinstance(found, Detachment) and len(str(found)) > 20
