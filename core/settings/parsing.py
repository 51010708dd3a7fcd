"""Settings as people write them: `--set name=value` on the command line, and TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line


def parse_assignment(assignment: str) -> tuple[str, str]:
    """Split the `name=value` of a `--set` flag.

    Raises:
        InputError: There is no `=`.
    """
    name, equals, value = assignment.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set takes name=value, not '{clean_line(assignment, 60)}'.")
    return name.strip(), value


def read_toml(path: Path) -> dict[str, Any]:
    """Return the settings in a TOML file: its `[settings]` table, or the whole file if there is none.

    Raises:
        InputError: The file cannot be read or is not TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {clean_line(path)} ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{clean_line(path)} is not a TOML file: {clean_line(error)}.") from error
    settings = content.get("settings", content)
    if not isinstance(settings, dict):
        raise InputError(f"[settings] in {clean_line(path)} must be a table of name = value lines.")
    return settings
