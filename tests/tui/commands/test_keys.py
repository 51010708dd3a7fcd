"""`reviewtui keys`: the table, what is remapped, what could not be taken; without loading the screens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile import steering
from tui.commands.keys import keys
from tui.registry import ACTIONS

ROOT = Path(__file__).parents[3]


def test_every_action_has_its_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keys(as_json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in printed["keys"]] == list(ACTIONS)
    assert printed["problems"] == [] and printed["file"] == str(home / "keys.toml")
    assert not any(entry["remapped"] for entry in printed["keys"])


def test_what_is_remapped_and_what_could_not_be_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    (home / "keys.toml").write_text('[classify]\nskip = "w"\nundo = "p"\n"\\u001b[2J" = "x"\n')
    assert keys(as_json=False) == 0
    printed = capsys.readouterr()
    line = next(line for line in printed.out.splitlines() if "classify.skip" in line)
    assert line.split()[:2] == ["Classify", "w"] and line.endswith("(was s)")
    assert "classify.undo cannot have p, the key of Prev" in printed.err and len(printed.err.splitlines()) == 2
    assert not steering(printed.out + printed.err)


def test_nothing_heavy_is_loaded(home: Path) -> None:
    probe = (
        "import sys; from tui.commands.main import _status; sys.argv = ['reviewtui', 'keys', '--json']; _status();"
        "print([name for name in ('textual', 'torch') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]" and json.loads(done.stdout)["keys"]
