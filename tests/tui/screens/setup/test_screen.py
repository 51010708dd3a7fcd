"""The Setup screen: every setting by keyboard, nothing wrong is started, and what is started is what was shown."""

from __future__ import annotations

import os
import random
import subprocess

import pytest

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from core.runs.folder import list_runs
from core.settings.declarations import Declaration
from core.settings.parsing import parse_assignment
from core.settings.presets import PRESETS, preset
from core.settings.schema import Settings, describe
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, lengths, report, settle, until
from tests.tui.frames import frame
from tests.tui.screens.setup.bench import SIZES, focused, go_to, open_setup, workbench
from tests.tui.sizes import sizes_at_borders
from tui.form_values import check
from tui.shell_command import quoted, train_command


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
        await pilot.press("home", "down", "down")
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


async def test_slash_finds_a_setting() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        for typed, name in (("learning rate", "learning_rate"), ("lora alpha", "lora_alpha"), ("adam", "optimizer")):
            await pilot.press("slash")
            await pilot.press(*("space" if character == " " else character for character in typed), "enter")
            await until(pilot, lambda name=name: app.focused is not None and app.focused.id == f"setting-{name}")


async def test_leaving_and_coming_back_keeps_everything() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        await go_to(pilot, "epochs")
        await pilot.press("9", "enter", "escape")
        assert app.current_mode == "data"
        app.switch_mode("setup")
        await settle(pilot)
        assert app.draft.typed == {"epochs": "9"} and "1 changed from balanced" in frame(app)


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


async def test_any_size_is_drawn() -> None:
    generator = random.Random(11)
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        for size in sizes_at_borders(11):
            await pilot.resize_terminal(*size)
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
