"""`journal`: on standard output, into a file, only some entries, as JSON; the engine is asked for missing verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.comparison.stored_pairs import judge_stored
from core.engine.data_requests import JudgePairs, Verdicts
from tests.core.lab_journal.bench import make_run, tell
from tests.tui.commands.test_hostile_commands import Printed, reviewtui
from tui.commands import engine


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[JudgePairs]:
    """What the engine is asked, which answers in this process."""
    found: list[JudgePairs] = []

    def ask(request: Any) -> Verdicts:
        found.append(request)
        return Verdicts(judged=judge_stored(request.pairs, lambda *_: None))

    monkeypatch.setattr(engine, "ask", ask)
    return found


def test_it_prints_markdown_with_all_verdicts(capsys: Printed, asked: list[JudgePairs]) -> None:
    tell()
    assert reviewtui("journal") == 0
    out = capsys.readouterr().out
    assert out.startswith("# Lab journal\n\n7 entries, 2026-09-01 to ") and out.count("\n## ") == 7
    assert "on 60 validation rows: better\n" in out and "not compared yet" not in out
    assert len(asked) == 1 and len(asked[0].pairs) == 3


def test_an_empty_home_is_no_error_and_no_engine_is_started(capsys: Printed, asked: list[JudgePairs]) -> None:
    assert reviewtui("journal") == 0
    assert capsys.readouterr().out == "# Lab journal\n\nThere is no entry.\n" and not asked
    assert reviewtui("journal", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"entries": []}


def test_json_holds_everything_of_the_entries_that_were_asked_for(capsys: Printed) -> None:
    tell()
    assert reviewtui("journal", "--json", "--run", "longer", "--since", "2026-09-04") == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert (entry["kind"], entry["name"], entry["changes"]) == (
        "extension", "longer", [{"setting": "epochs", "before": 5, "after": 20}],
    )  # fmt: skip
    assert entry["verdict"]["verdict"] == "not distinguishable" and entry["figures"]["rows"] == 60
    assert entry["expected"][0]["text"] == "20 epochs only take longer"


def test_it_is_written_into_a_file(capsys: Printed, tmp_path: Path) -> None:
    make_run("first", 0)
    file = tmp_path / "journal.md"
    assert reviewtui("journal", "--output", str(file), "--svg") == 0
    assert "journal-figures/" in file.read_text() and capsys.readouterr().out == f"Wrote {file}.\n"
    assert len([*(tmp_path / "journal-figures").iterdir()]) == 2
    file.write_text("my own words")
    assert reviewtui("journal", "--output", str(file)) == 2
    assert file.read_text() == "my own words" and "is no lab journal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--svg"], "needs --output"), (["--since", "soon"], "not a date"), (["--run", "nobody"], "There is no run yet")],
)
def test_what_is_wrong_is_said(words: list[str], why: str, capsys: Printed) -> None:
    assert reviewtui("journal", *words) == 2
    assert why in capsys.readouterr().err
