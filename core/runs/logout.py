"""Determines whether a detached run survives a logout, and how to start one that does.

systemd puts every login into its own control group. If logind is configured to (`KillUserProcesses`), it ends the whole
group at logout, including processes in their own session. Only processes under the user's own manager are spared,
and only while lingering keeps that manager running. So a run is started under the manager where that is what saves it;
everywhere else a new session is enough.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Place = Literal["session", "manager", "elsewhere"]
"""Where a process is: in a login session, under the user's manager, or in neither."""

_SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--collect")
_SURVIVES_MEMORY = "--property=OOMPolicy=continue"
"""Without it, systemd 253 and later end the supervisor too when the kernel kills its child because memory ran out."""
_ANSWER_SECONDS = 10.0
_ENDS = "systemd-logind ends all processes of a login at logout"


@dataclass(frozen=True)
class Detachment:
    """How a run is detached from the process that starts it, and whether it survives a logout."""

    how: Literal["systemd", "session"]
    """Under the user's systemd manager, or in its own session."""
    survives: bool
    """Whether the run outlives a logout."""
    why: str
    advice: str = ""
    """What the user can do to make it survive; empty if it does."""
    command: tuple[str, ...] = ()
    """Words that precede the worker's command; `UNIT` stands for the name of the unit."""

    def __str__(self) -> str:
        """Say in one sentence what happens to the run at logout."""
        if not self.survives:
            return f"The run ENDS at your logout: {self.why}; {self.advice}."
        manager = ", under your systemd user manager" if self.how == "systemd" else ""
        return f"Keeps running after you log out{manager}."


def plan_detachment(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Detachment:
    """Return how a run that is started now, from here, is detached.

    Args:
        root: Where the machine's files are.
        environment: Of the process that would start the run.
    """
    if not (root / "run/systemd/system").is_dir():
        return Detachment("session", True, "no systemd here, so nothing ends a detached run at logout")
    place, user = _place(root), _user(environment)
    lingers = (root / "var/lib/systemd/linger" / user).is_file()
    linger = "`loginctl enable-linger` changes that for runs started afterwards"
    if place == "elsewhere":
        return Detachment("session", True, "this shell belongs to no login session, so no logout ends a detached run")
    if place == "manager":
        if lingers:
            return Detachment("session", True, "lingering keeps the user's manager, and a run with it, after a logout")
        return Detachment("session", False, "this terminal's processes end with the user's last logout", linger)
    if not _ends_sessions(user, root):
        return Detachment("session", True, "systemd-logind leaves processes alone at logout")
    if not lingers:
        return Detachment("session", False, _ENDS, linger)
    command, trouble = _manager(environment)
    if trouble:
        advice = "log in again, directly and not through su or sudo, so that `systemd-run --user true` works"
        return Detachment("session", False, f"{_ENDS}, and {trouble}", advice)
    why = "systemd-logind ends a login's processes, but not those of a user manager that lingers"
    return Detachment("systemd", True, why, command=command)


def without_systemd(words: str) -> Detachment:
    """Return how a run is detached if the user's manager did not take it. Args: words: what the manager said."""
    why = f"{_ENDS}, and the user's manager did not take the run ({words.rstrip('.')})"
    return Detachment("session", False, why, "`systemd-run --user --scope true` shows what is wrong")


def _user(environment: Mapping[str, str]) -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name
        return environment.get("USER", "")


def _place(root: Path) -> Place:
    """Return where this process is, by the names of its control groups."""
    groups = _text(root / "proc/self/cgroup")
    if re.search(r"/user@\d+\.service(/|$)", groups, re.MULTILINE):
        return "manager"
    return "session" if not groups or re.search(r"/session-[^/\n]+\.scope(/|$)", groups, re.MULTILINE) else "elsewhere"


def _manager(environment: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return the words that start a command under the user's manager, or why there are none."""
    if shutil.which(_SCOPE[0], path=environment.get("PATH")) is None:
        return (), "there is no systemd-run"
    if not environment.get("XDG_RUNTIME_DIR"):
        return (), "XDG_RUNTIME_DIR is not set, so the user's manager cannot be reached"
    words = ""
    for properties in ((_SURVIVES_MEMORY,), ()):  # a property that an older systemd does not know is refused
        try:
            tried = subprocess.run(
                [*_SCOPE, *properties, "true"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env=dict(environment),
                timeout=_ANSWER_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return (), "the user's manager does not answer"
        if tried.returncode == 0:
            return (*_SCOPE, *properties, "--unit=UNIT"), ""
        words = (tried.stderr.strip().splitlines() or [""])[-1]
    return (), f"the user's manager does not answer ({words})" if words else "the user's manager does not answer"


def _ends_sessions(user: str, root: Path) -> bool:
    """Return whether logind ends the remaining processes of a login of `user`; see logind.conf(5)."""
    settings = _logind_settings(root)
    spared = settings.get("KillExcludeUsers", "root").split()
    only = settings.get("KillOnlyUsers", "").split()
    if user in spared:
        return False
    if only:
        return user in only
    return settings.get("KillUserProcesses", _built_in(root)).lower() in ("yes", "true", "y", "t", "1", "on")


def _logind_settings(root: Path) -> dict[str, str]:
    """Return the settings about ending processes: of the first main file, then of all drop-ins in order of name.

    A drop-in in /etc replaces one of the same name in /run, which replaces one in /usr.
    """
    places = [root / folder / "systemd" for folder in ("etc", "run", "usr/local/lib", "usr/lib")]
    main = next((place / "logind.conf" for place in places if (place / "logind.conf").is_file()), None)
    drop_ins = {file.name: file for place in reversed(places) for file in (place / "logind.conf.d").glob("*.conf")}
    files = [*filter(None, [main]), *(drop_ins[name] for name in sorted(drop_ins))]
    settings = {}
    for file in files:
        for name, value in re.findall(r"^[ \t]*(Kill\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", _text(file), re.MULTILINE):
            settings[name] = value
    return settings


def _built_in(root: Path) -> str:
    """Return the built-in `KillUserProcesses`, which the distribution's own file names in a comment.

    Upstream it is yes; Debian and its derivatives build with no.
    """
    shipped = "\n".join(_text(root / folder / "systemd/logind.conf") for folder in ("usr/lib", "etc"))
    said = re.findall(r"^[ \t]*#[ \t]*KillUserProcesses[ \t]*=[ \t]*(\w+)", shipped, re.MULTILINE)
    return said[0] if said else "no" if (root / "etc/debian_version").exists() else "yes"


def _text(file: Path) -> str:
    """Return the text of a file; empty if it cannot be read."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
