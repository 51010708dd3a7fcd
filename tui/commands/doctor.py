"""`doctor`: what this machine and this terminal can do."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from tui.commands.engine import ask
from tui.commands.options import Json
from tui.commands.output import facts, say_json
from tui.formatting import in_bytes

if TYPE_CHECKING:
    from core.engine.requests import DoctorReport


def doctor(json: Json = False) -> int:
    """Examine device, number formats, memory, models, terminal, and whether detached runs survive a logout."""
    from core.engine.requests import Doctor, to_result

    found, terminal = ask(Doctor()), _terminal()
    if json:
        say_json({**to_result(found), "terminal": terminal})
        return 0
    limit = f", limited to {in_bytes(found.memory_limit)}" if found.memory_limit else ""
    facts(
        [
            ("reviewtui", f"{found.reviewtui}, torch {found.torch}, transformers {found.transformers}"),
            ("device", f"{found.device}, {found.threads} threads, {found.cpu_capability}"),
            *(("GPU", f"{gpu.name}, {in_bytes(gpu.free)} free") for gpu in found.devices),
            ("bf16 speed", f"{found.bf16_speedup:.1f} × fp32, so precision auto takes {found.precision}"),
            ("memory", f"{in_bytes(found.memory_available)} of {in_bytes(found.memory_total)} free{limit}"),
            ("home", f"{found.home}, {in_bytes(found.disk_free)} free on its disk"),
            ("starter model", found.starter),
            ("model auto", found.default_model),
            ("runs at logout", _logout(found)),
            ("terminal", f"{terminal['columns']}×{terminal['rows']}, TERM={terminal['term'] or 'unset'}"),
            ("colour", terminal["colour"]),
            ("over SSH", "yes" if terminal["ssh"] else "no"),
            ("multiplexer", terminal["multiplexer"]),
        ]
    )
    return 0


def _logout(found: DoctorReport) -> str:
    way = "a systemd user manager" if found.detached_by == "systemd" else "its own session"
    what = "go on" if found.survives_logout else "END"
    advice = f"; {found.survives_logout_advice}" if found.survives_logout_advice else ""
    return f"{what} (each in {way}): {found.survives_logout_why}{advice}"


def _terminal() -> dict[str, Any]:
    size = shutil.get_terminal_size()
    truecolor = os.environ.get("COLORTERM") in ("truecolor", "24bit")
    colour = "none (NO_COLOR)" if os.environ.get("NO_COLOR") else "true colour" if truecolor else "256 or fewer"
    multiplexer = "tmux" if os.environ.get("TMUX") else "screen" if os.environ.get("STY") else None
    return {
        "term": os.environ.get("TERM", ""),
        "is_terminal": sys.stdout.isatty(),
        "columns": size.columns,
        "rows": size.lines,
        "colour": colour,
        "ssh": bool(os.environ.get("SSH_CONNECTION")),
        "multiplexer": multiplexer,
    }
