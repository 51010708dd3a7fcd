"""The Setup screen: every setting by keyboard, nothing wrong is started, and what is started is what was shown."""

from __future__ import annotations

import os
import random
import string
import subprocess
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.engine.requests import method_of
from core.reviews.options import ReadingOptions
from core.runs import start as launching
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.launch import Launched
from core.runs.logout import Detachment
from core.runs.names import suggested_name
from core.runs.request import Request
from core.settings.declarations import Declaration
from core.settings.parsing import parse_assignment
from core.settings.presets import PRESETS, preset
from core.settings.schema import Settings, describe
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, lengths, report, settle, until
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.form_values import check
from tui.screens.setup.setting_row import SettingRow
from tui.shell_command import quoted, train_command
from tui.state import Draft

SIZES = [(80, 24), (120, 40), (200, 60)]
LAUNCHED = Launched(1, Detachment("session", False, "this [/ machine", "ask [/ its keeper"))


async def open_setup(pilot: Pilot[None], **changes: Any) -> ReviewTui:
    """The Setup screen on a draft whose reviews were read."""
    app = pilot.app
    assert isinstance(app, ReviewTui)
    lengths_found = changes.pop("lengths", None)
    app.draft = Draft(**{"source": "/data/reviews.csv", "report": report(), **changes})
    if lengths_found is not None:
        app.draft.keep_lengths(lengths_found, Settings().model)
    app.switch_mode("setup")
    await settle(pilot)
    return app


def workbench(engine: FakeEngine | None = None) -> ReviewTui:
    return ReviewTui(engine=engine or FakeEngine())  # type: ignore[arg-type]


def focused(app: ReviewTui) -> str:
    assert isinstance(app.focused, SettingRow)
    return app.focused.declaration.name


async def go_to(pilot: Pilot[None], name: str) -> None:
    """By keys alone, as a person would."""
    app = pilot.app
    assert isinstance(app, ReviewTui)
    await pilot.press("home")
    order = ["name", *(declaration.name for declaration in describe())]
    await pilot.press(*["down"] * order.index(name))
    assert focused(app) == name


def another(declaration: Declaration) -> str | None:
    """A value that a setting may have and does not have by default; None where it needs another setting besides."""
    for text in ("starter", "cpu", "2", "0.25", "300"):
        try:
            settings = Settings().changed({declaration.name: text})
        except InputError:
            continue
        if getattr(settings, declaration.name) != declaration.default:
            return text
    return None


@pytest.mark.parametrize("size", SIZES)
async def test_without_reviews_the_screen_says_so_and_leads_to_them(size: tuple[int, int]) -> None:
    app = workbench()
    async with app.run_test(size=size) as pilot:
        app.switch_mode("setup")
        await settle(pilot)
        assert "choose them on the Data screen" in " ".join(frame(app).split())
        await pilot.press("ctrl+s", "p", "y", "u")
        await pilot.press("enter")
        assert app.current_mode == "data"


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_frame_has_the_preset_the_start_and_how_long_it_would_be(size: tuple[int, int]) -> None:
    async with workbench().run_test(size=size) as pilot:
        app = await open_setup(pilot)
        shown = frame(app)
        for words in (
            "balanced",
            "Start training",
            "43 reviews",
            f"{3 * Settings().epochs} in all",
            "reviewtui train /data/reviews.csv",
        ):
            assert words in shown, words


async def test_every_setting_is_reached_and_changed_by_keys_and_put_back() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("home", "down")
        for declaration in describe():
            assert focused(app) == declaration.name
            if declaration.kind in ("choice", "switch"):
                await pilot.press("right")
            elif (value := another(declaration)) is None:
                await pilot.press("down")
                continue
            else:
                await pilot.press("enter", *value, "enter")
            await pilot.pause()
            checked = check(app.draft.preset, app.draft.typed)
            assert checked.settings is not None and list(app.draft.typed) == [declaration.name]
            assert getattr(checked.settings, declaration.name) != declaration.default
            assert "1 changed from balanced" in frame(app)
            await pilot.press("y")
            assert f"--set {declaration.name}=" in app.clipboard
            await pilot.press("r", "down")
            await pilot.pause()
            assert app.draft.typed == {}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("epochs", "0"),
        ("epochs", "many"),
        ("batch_size", "1.5"),
        ("learning_rate", "2"),
        ("learning_rate", "nan"),
        ("dropout", "1"),
        ("validation_fraction", "0.9"),
        ("device", "tpu"),
        ("micro_batch_size", "-3"),
        ("micro_batch_size", "64"),
    ],
)
async def test_a_wrong_value_is_refused_with_its_sentence_and_nothing_starts(name: str, typed: str) -> None:
    engine = FakeEngine()
    with pytest.raises(InputError) as refusal:
        Settings().changed({name: typed})
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, name)
        await pilot.press("enter", *typed)
        await pilot.pause()
        assert str(refusal.value)[:50] in " ".join(frame(app).split())
        await pilot.press("enter", "ctrl+s")
        await settle(pilot)
        assert engine.of("prepare") == [] and list_runs() == []
        assert "!" in frame(app)
        await pilot.press("u")
        await pilot.pause()
        assert app.draft.typed == {} and "!" not in frame(app)


async def test_values_that_do_not_fit_together_are_marked_at_each_of_them() -> None:
    checked = check("balanced", {"model": "starter", "lora": "true", "freeze_layers": "2"})
    assert checked.settings is None and set(checked.problems) == {"lora", "freeze_layers"}
    assert set(check("lab", {"lora": "true", "epochs": "3"}).problems) == {"lora"}
    assert check("lab", {"lora": "true", "freeze_layers": "none"}).settings is not None
    both = check("balanced", {"epochs": "0", "batch_size": "x"})
    assert "epochs cannot" in both.problems["epochs"] and "batch_size cannot" in both.problems["batch_size"]


async def test_escape_gives_an_edit_up_and_arrows_keep_it() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, "epochs")
        await pilot.press("7", "escape")
        await pilot.pause()
        assert app.draft.typed == {} and focused(app) == "epochs"
        await pilot.press("7", "2", "down")
        await pilot.pause()
        assert app.draft.typed == {"epochs": "72"} and focused(app) == "max_steps"
        await pilot.press("up", "enter", str(Settings().epochs), "enter")
        await pilot.pause()
        assert app.draft.typed == {}, "what equals the preset is no change"


async def test_a_preset_takes_the_place_of_what_was_typed_and_undo_brings_it_back() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, typed={"epochs": "9", "seed": "3"})
        for number, name in enumerate(PRESETS, start=1):
            await pilot.press("p", str(number))
            await pilot.pause()
            assert app.draft.preset == name and app.draft.typed == {}
            assert check(name, {}).settings == preset(name)
            await pilot.press("u")
            await pilot.pause()
            assert (app.draft.preset, app.draft.typed) == ("balanced", {"epochs": "9", "seed": "3"})
            if number == 1:
                assert "2 changed from balanced" in frame(app)
        await pilot.press("a")
        assert app.draft.typed == {}
        await pilot.press("u")
        assert app.draft.typed == {"epochs": "9", "seed": "3"}


NAMES = [
    "/data/my reviews.csv",
    "/data/it's $(rm -rf).csv",
    "owner/name",
    f"/d/{HOSTILE[:-1]}",
    "/d/\n\udcff\\'\x1b[201~",
]


@pytest.mark.parametrize("source", NAMES)
async def test_the_command_read_back_asks_for_the_same_run(source: str) -> None:
    reading = ReadingOptions(text="Review Text", label="a'b")
    typed = {"epochs": "3", "model": "my model", "lora": "true"}
    command = quoted(train_command(source, reading, "quick", typed, "first try"))
    assert clean_line(command) == command, "what is pasted into a terminal would steer it"
    read = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True).stdout
    words = [os.fsdecode(word) for word in read.split(b"\0")[:-1]]
    assert words == [
        "reviewtui", "train", source, "--text", "Review Text", "--label", "a'b", "--preset", "quick",
        *(part for name, text in typed.items() for part in ("--set", f"{name}={text}")), "--name", "first try",
    ]  # fmt: skip
    assignments = [parse_assignment(words[at + 1]) for at, word in enumerate(words) if word == "--set"]
    assert preset("quick").changed(dict(assignments)) == check("quick", typed).settings


async def test_y_copies_the_command() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, source="/data/a b\udcff.csv", typed={"epochs": "3"})
        await pilot.press("y")
        assert app.clipboard.startswith(r"reviewtui train $'/data/a b\xff.csv'") and "--set epochs=3" in app.clipboard


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Runs whose worker was started and which were shown; no process is."""
    runs: list[RunFolder] = []
    monkeypatch.setattr(launching, "launch_worker", lambda run: LAUNCHED)
    monkeypatch.setattr(ReviewTui, "open_run", lambda self, run: runs.append(run))
    return runs


async def test_start_asks_for_the_run_that_was_shown(opened: list[RunFolder]) -> None:
    engine = FakeEngine()
    reading = ReadingOptions(text="review", scheme="stars")
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, preset="quick", typed={"epochs": "3"}, reading=reading)
        await pilot.press("enter", *"mine", "enter", "ctrl+s")
        await until(pilot, lambda: opened)
        expected = Request(
            name="mine", data="/data/reviews.csv", reading=reading, preset="quick",
            settings=preset("quick").changed({"epochs": 3}),
        )  # fmt: skip
        assert opened[0].request() == expected
        assert engine.of("prepare") == [{"request": expected.model_dump(mode="json")}]
        assert [run.id for run in list_runs()] == [opened[0].id]
        assert app.draft.typed == {"epochs": "3"}


async def test_no_two_runs_share_a_name(opened: list[RunFolder]) -> None:
    create_run(Request(name="mine", data="x.csv"))
    create_run(Request(name="reviews-balanced", data="x.csv"))
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await until(pilot, lambda: "reviews-balanced-2" in frame(app))
        await pilot.press("enter", *"mine", "enter")
        await pilot.pause()
        assert "'mine-2' is free" in " ".join(frame(app).split())
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert not opened
        await pilot.press("enter", *"mine-2", "enter", "ctrl+s")
        await until(pilot, lambda: opened)
        assert opened[0].request().name == "mine-2"


async def test_slash_finds_a_setting() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        for typed, name in (("learning rate", "learning_rate"), ("lora alpha", "lora_alpha"), ("adam", "optimizer")):
            await pilot.press("slash")
            await pilot.press(*("space" if character == " " else character for character in typed), "enter")
            await until(pilot, lambda name=name: app.focused is not None and app.focused.id == f"setting-{name}")


async def test_start_by_the_button_with_keys_and_a_suggested_name_is_made_free(opened: list[RunFolder]) -> None:
    create_run(Request(name="reviews-balanced", data="x.csv"))
    async with workbench().run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await pilot.press("end", "down", "enter")
        await until(pilot, lambda: opened)
        assert opened[0].request().name == "reviews-balanced-2"


async def test_a_relative_path_becomes_absolute(
    opened: list[RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shoes.csv").touch()
    monkeypatch.chdir(tmp_path)
    async with workbench().run_test(size=(80, 24)) as pilot:
        await open_setup(pilot, source="shoes.csv")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)
        assert opened[0].request().data == str(tmp_path / "shoes.csv")


async def test_while_it_starts_it_says_what_is_done_starts_once_and_escape_calls_it_off(
    opened: list[RunFolder],
) -> None:
    engine = FakeEngine()
    engine.held = {"prepare"}
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("ctrl+s", "ctrl+s")
        await until(pilot, lambda: engine.of("prepare"))
        engine.progress("reading", 0.5)
        await pilot.pause()
        assert "Reading" in frame(app) and "50%" in frame(app)
        await pilot.press("ctrl+s", "escape")
        held = next(future for request, future in engine.futures if method_of(request) == "prepare")
        await until(pilot, held.cancelled)
        assert len(engine.of("prepare")) == 1 and not opened and list_runs() == []
        assert app.current_mode == "setup"
        engine.held = set()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)


@pytest.mark.parametrize("where", ["prepare", "launch", "unforeseen"])
async def test_a_start_that_fails_says_why_and_can_be_tried_again(
    where: str, opened: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    works = launching.launch_worker

    def fails(run: RunFolder) -> Launched:
        raise ReviewtuiError("Nothing [/ works.") if where == "launch" else ZeroDivisionError("Nothing [/ works.")

    if where == "prepare":
        engine.answers["prepare"] = InputError("Nothing [/ works.")
    else:
        monkeypatch.setattr(launching, "launch_worker", fails)
    async with workbench(engine).run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing [/ works." in " ".join(frame(app).split()))
        assert not opened
        engine.answers["prepare"] = None
        monkeypatch.setattr(launching, "launch_worker", works)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: opened)


async def test_leaving_and_coming_back_keeps_everything() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, "epochs")
        await pilot.press("9", "enter", "escape")
        assert app.current_mode == "data"
        app.switch_mode("setup")
        await settle(pilot)
        assert app.draft.typed == {"epochs": "9"} and "1 changed from balanced" in frame(app)


async def test_a_start_does_not_wait_for_lengths(opened: list[RunFolder]) -> None:
    engine = FakeEngine()
    engine.held = {"lengths"}
    app = ReviewTui(data="/data/reviews.csv", engine=engine)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.of("lengths"))
        await pilot.press("c", "ctrl+s")
        await until(pilot, lambda: opened)
        assert next(future for request, future in engine.futures if method_of(request) == "lengths").cancelled()
        asked = len(engine.of("lengths"))
        app.switch_mode("data")
        await until(pilot, lambda: len(engine.of("lengths")) == asked + 1)


async def test_what_a_limit_cuts_is_said_beside_it() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot, lengths=lengths())
        await go_to(pilot, "max_length")
        await pilot.pause()
        assert "4.2% of the reviews are cut at 256 tokens" in " ".join(frame(app).split())
        await pilot.press("enter", *"512", "enter")
        await pilot.pause()
        assert "no review is longer than 512 tokens" in " ".join(frame(app).split())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_names_and_values_are_shown_as_text(size: tuple[int, int]) -> None:
    hostile = report(label_names=[HOSTILE], class_counts={HOSTILE: 30, "[/": 18})
    async with workbench().run_test(size=size) as pilot:
        app = await open_setup(
            pilot, source=f"/data/{HOSTILE}", report=hostile, name=HOSTILE, typed={"model": HOSTILE, "device": HOSTILE},
            reading=ReadingOptions(text=HOSTILE, label_names={HOSTILE: "[/"}),
        )  # fmt: skip
        for keys in ("home", "enter", "escape", "down enter", "x escape", "p escape", "y", "ctrl+s"):
            await pilot.press(*keys.split())
            await settle(pilot)
            assert not STEERING & set(frame(app).replace("\n", "")), keys
        assert "⟨RLO⟩bidi" in frame(app)


async def test_a_suggested_name_is_plain_whatever_the_file_is_called() -> None:
    assert suggested_name("/data/my reviews.csv", "quick") == "my-reviews-quick"
    for source in (HOSTILE, "", "/", "owner/name", "…"):
        assert set(suggested_name(source, "lab")) <= {*string.ascii_letters, *string.digits, *"._-"}


async def test_any_size_is_drawn() -> None:
    generator = random.Random(11)
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        for _ in range(40):
            await pilot.resize_terminal(generator.randint(1, 220), generator.randint(1, 70))
            await pilot.press(generator.choice(["down", "pagedown", "up", "end", "home", "right"]))
            frame(app)


async def test_lines_that_are_kept_while_typing_are_given_back_at_another_width() -> None:
    async def height(size: tuple[int, int], then: tuple[int, int] | None) -> int:
        app = workbench()
        async with app.run_test(size=size) as pilot:
            await open_setup(pilot)
            await go_to(pilot, "max_length")
            await pilot.press("6", "escape")
            if then is not None:
                await pilot.resize_terminal(*then)
                await pilot.pause()
            return app.screen.query_one("#about").size.height

    assert await height((80, 24), (120, 40)) == await height((120, 40), None)
