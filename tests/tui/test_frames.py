"""The screens as plain text at two sizes, held against the frames kept in tests/tui/kept_frames.

UPDATE_FRAMES=1 python -m pytest tests/tui/test_frames.py     keeps what the screens show now; look at the diff
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.forecast import forecast
from core.runs import run_list
from core.runs.folder import RunFolder
from tests.core.lab_journal.bench import tell
from tests.tui import engine_double
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tests.tui.screens.classify import bench as classify_bench
from tests.tui.screens.compare import bench as compare_bench
from tests.tui.screens.groups.made_groups import SEEDS_RESULT, SWEEP_RESULT, make_group
from tests.tui.screens.journal.test_screen import judges
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui

KEPT = Path(__file__).with_name("kept_frames")
SHOWN = "/tmp/reviewtui-frames"
"""How the frames write the home, which has another name of the same length in every run."""
SIZES = [(80, 24), (120, 40)]
_REST = 10
"""How often in a row a frame has to be the same before it is compared."""


@pytest.fixture
def fixed_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose path is as long as `SHOWN`, and a clock in UTC."""
    home = Path(SHOWN).with_name(f"reviewtui-{secrets.token_hex(3)}")
    monkeypatch.setenv("REVIEWTUI_HOME", str(home))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def runs(fixed_home: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """A run that failed, one that was interrupted, and one that finished; file systems differ in what they take."""
    monkeypatch.setattr(run_list, "bytes_on_disk", lambda folder: 228 << 20)
    return [
        make_run(1, name="first-try", steps=12, end="failed", message="The loss is not a number at step 12."),
        make_run(2, name="power-cut", steps=25, end=None),
        make_run(3, name="reviews-balanced"),
    ]


def _compare(name: str, shown: str) -> None:
    shown = shown.replace(os.environ["REVIEWTUI_HOME"], SHOWN)
    text = "\n".join(line.rstrip() for line in shown.splitlines()) + "\n"
    kept = KEPT / f"{name}.txt"
    if os.environ.get("UPDATE_FRAMES"):
        KEPT.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert kept.is_file(), "no frame is kept under this name; see the top of this file"
    assert text == kept.read_text(encoding="utf-8")


async def _at_rest(pilot: Pilot[None]) -> str:
    """What the screen shows once it no longer changes: a scroll bar comes a layout later than its text."""
    shown, same = frame(pilot.app), 0
    while same < _REST:
        await pilot.pause(0.02)
        before, shown = shown, frame(pilot.app)
        same = same + 1 if shown == before else 0
    return shown


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("runs")
async def test_runs(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(size=size) as pilot:
        await settled(pilot, "reviews-balanced", "on disk", "c Classify")
        _compare(f"runs-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("runs")
async def test_runs_in_groups(size: tuple[int, int]) -> None:
    seeds = ({"seed": 1}, {"seed": 2}, {"seed": 3})
    make_group("seeds", "three-seeds", settings=seeds, first=4, result=SEEDS_RESULT, accuracies=(0.9, 0.88, 0.91))
    make_group(first=10, result=SWEEP_RESULT)
    make_run(20, name="latest")
    async with ReviewTui().run_test(size=size) as pilot:
        await settled(pilot, "latest", "+ hill", "+ three-seeds", "on disk", "c Classify")
        await pilot.press("down", "down", "right", "down", "space")
        await settled(pilot, "└ three-seeds-02", "1 marked", "folder")
        _compare(f"runs-groups-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", [*SIZES, (100, 30), (200, 60)], ids=str)
async def test_train(size: tuple[int, int], runs: list[RunFolder]) -> None:
    async with ReviewTui(run=runs[2]).run_test(size=size) as pilot:
        pilot.app.switch_mode("train")
        await settled(pilot, "step 40/40", "c Classify", "z Enlarge", ":30 finished")
        _compare(f"train-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("fixed_home")
async def test_data_and_setup(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "MEASURED", (0.1, 0.3))  # what was measured last is no matter of a frame
    engine = engine_double.FakeEngine()
    async with ReviewTui(data="/data/reviews.csv", engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await engine_double.settle(pilot)
        await settled(pilot, "Ready", "c Continue")
        _compare(f"data-{size[0]}x{size[1]}", await _at_rest(pilot))
        await pilot.press("c")
        await engine_double.settle(pilot)
        await settled(pilot, "[Setup]", "Start training")
        _compare(f"setup-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("fixed_home")
async def test_the_lens(size: tuple[int, int]) -> None:
    engine = engine_double.FakeEngine()
    words = "the hinge broke in the second week and the shop refused a refund though I asked politely "
    engine.text = f"Bright and quiet, yet {words * 9}so {words}and it is"
    async with ReviewTui(data="/data/reviews.csv", engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await engine_double.settle(pilot)
        await pilot.press("5", "p", "p")
        await engine_double.settle(pilot)
        await settled(pilot, "Long review 1 of 3", "⟦", "Limit")
        _compare(f"lens-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_classify_a_review_that_is_cut(size: tuple[int, int], fixed_home: Path) -> None:
    words = "the hinge broke in the second week and the shop refused a refund though I asked politely "
    engine = classify_bench.FakeEngine([f"Bright and quiet 😡👎, yet {words * 3}and it is"])
    run = classify_bench.make_run(fixed_home, "20260101-000000-aaaa", "first")
    pile = fixed_home / "inbox.csv"
    pile.write_text("text\n")
    async with ReviewTui(pile=str(pile), run=run, engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await settled(pilot, "1 of 1", "75.0%", "⟧ not read", "⟪😡👎⟫", "x Export")
        _compare(f"classify-cut-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_classify(size: tuple[int, int], fixed_home: Path) -> None:
    texts = [
        "Bright, quiet and it has the features that I need.",
        "The hinge broke in the second week; the shop refused a refund.",
        "Not bad at all for the price, though the cable is short.",
    ]
    run = classify_bench.make_run(fixed_home, "20260101-000000-aaaa", "first")
    engine = classify_bench.FakeEngine(texts)
    pile = fixed_home / "inbox.csv"
    pile.write_text("text\n")
    async with ReviewTui(pile=str(pile), run=run, engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await settled(pilot, "1 of 3", "75.0%")
        await pilot.press("1")
        await settled(pilot, "2 of 3", "75.0%", "1 of 3 decided", "x Export")
        _compare(f"classify-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_compare(size: tuple[int, int], runs: list[RunFolder]) -> None:
    pairs = [(run.id, name) for run, name in zip(runs[:2], ("ten-epochs", "twenty-epochs"), strict=True)]
    engine = engine_double.FakeEngine(compare=compare_bench.report_of(pairs))
    async with ReviewTui(engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        pilot.app.open_compare(runs[:2])  # type: ignore[attr-defined]
        await settled(pilot, "ten-epochs against twenty-epochs", "Who was right", "c Disagreements")
        await _at_rest(pilot)
        _compare(f"compare-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("fixed_home")
async def test_groups(size: tuple[int, int]) -> None:
    make_group("seeds", "three-seeds", settings=({"seed": 1}, {"seed": 2}), result=SEEDS_RESULT, first=5)
    make_group(result=SWEEP_RESULT)
    async with ReviewTui().run_test(size=size) as pilot:
        await pilot.press("f8")
        await settled(pilot, "three-seeds", "▲ hill-02")
        _compare(f"groups-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("fixed_home")
async def test_journal(size: tuple[int, int]) -> None:
    tell(now=False)
    engine = engine_double.FakeEngine(judge_pairs=judges)
    async with ReviewTui(engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await pilot.press("f9")
        await settled(pilot, "three", "undecided", "better")
        await pilot.press("down", "down")
        await settled(pilot, "20 epochs only take longer", "validation rows")
        _compare(f"journal-{size[0]}x{size[1]}", await _at_rest(pilot))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_classify_with_reasons_without_colour(
    size: tuple[int, int], fixed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    words = "the hinge of it was fine for a week and then it was not, and the shop was closed for the holidays "
    run = classify_bench.make_run(fixed_home, "20260101-000000-aaaa", "first")
    engine = classify_bench.FakeEngine([f"A great lamp, {words}FLIPS {words} broken at once", "the next"])
    pile = fixed_home / "inbox.csv"
    pile.write_text("text\n")
    async with ReviewTui(pile=str(pile), run=run, engine=engine).run_test(size=size) as pilot:  # type: ignore[arg-type]
        await settled(pilot, "1 of 2", "75.0%")
        await pilot.press("e")
        await settled(pilot, "[+great+]", "then negative", "random others")
        _compare(f"classify-reasons-{size[0]}x{size[1]}", await _at_rest(pilot))
        await pilot.press("E")
        await settled(pilot, "A copy to edit", "±0.00")
        _compare(f"classify-edited-{size[0]}x{size[1]}", await _at_rest(pilot))
