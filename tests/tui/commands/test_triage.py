"""`reviewtui triage` opens a pile with the model of the run that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from tests.tui.screens.classify.bench import FakeEngine, make_run, settled
from tui.app import ReviewTui
from tui.commands import workbench


async def test_a_pile_opens_with_the_model_of_the_run_that_was_asked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = make_run(home, "20260101-000000-aaaa", "first")
    make_run(home, "20260202-000000-bbbb", "newer")
    pile = tmp_path / "inbox.csv"
    pile.touch()
    opened: list[dict[str, Any]] = []
    monkeypatch.setattr(workbench, "run_workbench", lambda **what: opened.append(what) or 0)
    assert workbench.triage(str(pile), "first") == 0
    [what] = opened
    assert what.pop("mouse")
    async with ReviewTui(**what, engine=FakeEngine()).run_test() as pilot:  # type: ignore[arg-type]
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile.source == str(pile)
        assert screen.model.run_id == asked_for.id


def test_a_run_without_a_model_is_refused_in_a_sentence(home: Path, tmp_path: Path) -> None:
    (make_run(home, "20260101-000000-aaaa", "first").model / "config.json").unlink()
    with pytest.raises(InputError, match="Run first has no model yet"):
        workbench.triage(str(tmp_path / "inbox.csv"), "first")
