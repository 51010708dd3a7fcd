"""Choosing reviews: by keys, by a typed path, whatever files are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from tests.tui.engine_double import STEERING, FakeEngine, settle
from tests.tui.frames import frame
from tests.tui.screens.data.bench import SIZES, workbench
from tui.screens.data.file_listing import Listing
from tui.screens.data.file_picker import where_line
from tui.workbench import sample_folder


@pytest.mark.parametrize("size", SIZES)
async def test_without_a_source_the_picker_offers_the_samples(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    app = workbench(engine, data="")
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert "Choose reviews" in frame(app) and "Sample reviews" in frame(app)
        await pilot.press("enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == str(sample_folder())


async def test_a_file_is_reached_through_folders_by_keys_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "shoes.csv").write_text("review,label\n")
    (tmp_path / ".hidden.csv").touch()
    (tmp_path / "notes.docx").touch()
    monkeypatch.chdir(tmp_path)
    engine = FakeEngine()
    app = workbench(engine, data="")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "hidden" not in frame(app) and "notes" not in frame(app)
        await pilot.press("end", "enter")
        await settle(pilot)
        assert "shoes.csv" in frame(app)
        await pilot.press("backspace")
        await settle(pilot)
        assert "inner/" in frame(app)
        await pilot.press("end", "enter")
        await settle(pilot)
        await pilot.press("end", "enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == str(tmp_path / "inner" / "shoes.csv")
        assert app.draft.source == str(tmp_path / "inner" / "shoes.csv")


async def test_a_typed_path_is_completed_and_opened(tmp_path: Path) -> None:
    (tmp_path / "shoes.csv").write_text("review,label\n")
    engine = FakeEngine()
    app = workbench(engine, data="")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *f"{tmp_path}/sh")
        await settle(pilot)
        await pilot.press("tab")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == str(tmp_path / "shoes.csv")


async def test_an_absolute_path_may_be_typed_although_its_slash_opens_the_line(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("review,label\n")
    engine = FakeEngine()
    async with workbench(engine, data="").run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*(("slash" if key == "/" else key) for key in f"{tmp_path}/shop.csv"), "enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == str(tmp_path / "shop.csv")


async def test_what_is_no_path_is_asked_of_the_hub_as_typed() -> None:
    engine = FakeEngine(inspect=InputError("Cannot read the dataset."))
    app = workbench(engine, data="")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"owner/name", "enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == "owner/name"
        assert "Cannot read the dataset." in frame(app)


async def test_hostile_file_names_are_listed_and_opened_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a\x1b[31m [bold]x[ \u202e.csv"
    (tmp_path / "in \x1b]0;x").mkdir()
    (tmp_path / "in \x1b]0;x" / name).write_text("review,label\n")
    monkeypatch.chdir(tmp_path)
    engine = FakeEngine()
    app = workbench(engine, data="")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"in")
        await settle(pilot)
        await pilot.press("tab", "end", "enter")
        await settle(pilot)
        assert "[bold]x[" in frame(app) and not STEERING & set(frame(app).replace("\n", ""))
        await pilot.press("end", "enter")
        await settle(pilot)
        assert engine.of("inspect")[0]["source"] == str(tmp_path / "in \x1b]0;x" / name)


@given(path=st.text("ab/é漢", min_size=1, max_size=120), width=st.integers(50, 130))
def test_however_long_its_path_a_folder_says_what_enter_does(path: str, width: int) -> None:
    line = where_line(Listing(Path("/", path)), width)
    assert line.plain.endswith("0 data files   enter opens") and line.cell_length <= width
