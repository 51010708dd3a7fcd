"""The whole hostile corpus through every screen: no exception, nothing that steers, and every string seen as text.

`nothing_is_left_to_the_last_guard` (conftest.py) fails what only the guard behind the screens would have caught.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.widgets import OptionList, RichLog

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.data.truncation import TokenPlaces
from core.engine.certificate_requests import AutoLabel, AutoLabelled
from core.reviews.options import ReadingOptions
from core.reviews.page import Page
from core.reviews.report import ReadingReport
from core.settings.schema import describe
from core.triage.decision import Decision
from core.triage.exchange.exporting import DecisionsFile
from core.triage.exchange.selection import LeftOut
from core.triage.review import Review
from tests.hostile import CORPUS, SHORT, SOUND, file_names, mark, steering
from tests.tui.engine_double import FakeEngine, column, lengths, report, settle
from tests.tui.frames import frame
from tests.tui.made_runs import append, make_run
from tests.tui.rest import until
from tests.tui.screens.classify import bench as classify_bench
from tests.tui.screens.classify.test_certificate_view import CERTIFIED
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.screens.classify.certificate_view import CertificateView, Labelled
from tui.screens.classify.decision_list import KINDS, DecisionList, Listed
from tui.screens.classify.dialogs import ExportDialog, ExportDone, OpenPile
from tui.screens.classify.note_line import NoteLine
from tui.screens.classify.pile_questions import CopiesDialog, ask_label
from tui.screens.classify.questions import export_notes
from tui.screens.classify.review_text import wrap
from tui.screens.data import length_views, report_views
from tui.screens.data.class_names import LabelNames
from tui.screens.data.lens_views import KEEPS, Lens
from tui.screens.train.log import Narrator
from tui.state import Draft
from tui.widgets.dialogs import Ask, Find
from tui.widgets.line_input import LineInput

WIDE = (120, 70)


def inert(app: App[Any]) -> str:
    """The frame, in which nothing steers."""
    shown = frame(app)
    assert not steering(shown), sorted(map(repr, steering(shown)))
    return shown


def all_seen(texts: Sequence[str], shown: str) -> None:
    missing = [text for text in texts if mark(text) not in shown]
    assert not missing, missing[:5]


def hostile_report(texts: Iterator[str]) -> ReadingReport:
    """A report with a string of `texts` wherever data can bring one."""

    def some(count: int) -> list[str]:
        return list(itertools.islice(texts, count))

    columns = [column(name, next(texts), (next(texts), next(texts))) for name in some(58)]
    classes = some(58)
    return report(
        columns=columns, text_column=columns[0]["name"], title_column=columns[1]["name"], format=next(texts),
        label_column=columns[2]["name"], encoding=next(texts), delimiter=next(texts), label_names=classes,
        class_counts={name: 3 + number for number, name in enumerate(classes)}, left_out=dict.fromkeys(some(20), 2),
        skipped=[{"file": f"/data/{one}", "line": 3, "reason": two, "excerpt": two} for one, two in
                 zip(some(58), some(58), strict=True)],
        notices=some(10), skipped_file=next(texts), scheme=next(texts), schemes=["stars", *some(5)],
    )  # fmt: skip


async def test_the_data_screen() -> None:
    texts = itertools.cycle(SOUND)
    found = hostile_report(texts)
    answer = {"report": found, "trainable": ""}
    engine = FakeEngine(inspect=answer, lengths=lengths(CORPUS[:5], CORPUS[7]))
    engine.answers["rows"] = lambda params: rows_of(CORPUS, params)
    async with ReviewTui(data=f"/data/{CORPUS[60]}", engine=engine).run_test(size=WIDE) as pilot:  # type: ignore[arg-type]
        await settle(pilot)
        shown = {}
        for key in "12345":
            await pilot.press(key)
            await settle(pilot)
            shown[key] = inert(pilot.app)
        all_seen([one.name for one in found.columns], shown["2"])
        all_seen([one.reason for one in found.skipped], shown["4"])
        for keys in ("t", "escape i", "escape l", "escape s", "escape e", "escape n", "escape"):
            await pilot.press(*keys.split())
            await pilot.pause()
            inert(pilot.app)


def rows_of(texts: Sequence[str], params: dict[str, Any]) -> Any:
    start, stop = params["offset"], params["offset"] + params["limit"]
    rows = [
        {"row": row, "file": f"/data/{text}", "line": row, "text": text, "label": text, "hash": f"{row:016x}"}
        for row, text in enumerate(texts)
    ]
    return {"rows": rows[start:stop], "total": len(texts), "data_hash": "00"}


@pytest.mark.parametrize("width", [20, 79, 160])
def test_every_view_of_a_report_with_every_string_in_every_place(width: int) -> None:
    texts = itertools.cycle(SOUND)
    for _ in range(3):
        found = hostile_report(texts)
        views = [
            report_views.read_as(found, ReadingOptions(), width), report_views.classes(found, width),
            report_views.rows_and_notices(found, width), report_views.columns(found, width),
            report_views.left_out(found, width), report_views.headline(found),
            report_views.waiting("reading", next(texts), None), report_views.verdict(found, next(texts), ""),
            report_views.refused("Tokens", next(texts), width),
        ]  # fmt: skip
        for view in views:
            assert not steering(view.plain)
    page = msgspec.convert(rows_of(CORPUS, {"offset": 0, "limit": len(CORPUS)}), Page)
    samples = report_views.samples(page.rows, width)
    assert not steering(samples.plain)


@pytest.mark.parametrize("width", [20, 79, 160])
def test_the_lens_over_every_string(width: int) -> None:
    page = msgspec.convert(rows_of(CORPUS, {"offset": 0, "limit": len(CORPUS)}), Page)
    one = {"tokens": 0.5, "reviews": 1, "only": 1}
    unknown = one | {
        "by_class": {SOUND[0]: one, SOUND[1]: one}, "alike": 0, "alike_labelled_differently": 0, "examples": SOUND[:9],
    }  # fmt: skip
    found = lengths(classes=(SOUND[2], SOUND[3]), model=SOUND[4], unknown=unknown)
    for row, truncation in zip(page.rows, itertools.cycle(KEEPS)):
        starts = tuple(range(len(row.text)))
        spans = tuple((at, at + 1) for at in starts[::7])
        places = TokenPlaces(count=len(starts), special=2, first=starts, last=starts, unknown=spans, unknown_count=1)
        seen = Lens(found, 6, truncation, review=row, places=places, refusal="" if row.row % 9 else row.text)
        assert not steering(length_views.lengths(seen, width).plain)
        assert not steering(length_views.lengths_short(seen, width).plain)


async def test_a_refusal_that_holds_any_string() -> None:
    for text in CORPUS[30::300]:
        engine = FakeEngine(inspect=ReviewtuiError(text))
        async with ReviewTui(data=f"/d/{text}", engine=engine).run_test(size=(80, 24)) as pilot:  # type: ignore[arg-type]
            await settle(pilot)
            all_seen([text], inert(pilot.app))


async def test_the_runs_screen() -> None:
    texts = itertools.cycle(SOUND)
    for number in range(40):
        make_run(
            100 + number, name=next(texts), data=next(texts), steps=0, end="failed", message=next(texts),
            model=next(texts),
        )  # fmt: skip
    async with ReviewTui().run_test(size=WIDE) as pilot:
        await settled(pilot, mark(SOUND[0]))
        all_seen(SOUND[: 4 * 40 : 4], inert(pilot.app))
        await pilot.press(*["down"] * 9)
        inert(pilot.app)


async def test_the_train_screen() -> None:
    some = iter(SOUND[200:])
    run = make_run(
        1, name=next(some), data=next(some), message=next(some), model=next(some), labels=[next(some), next(some)],
        plan={"path": next(some), "path_why": next(some), "precision": next(some), "device": next(some)}, end="failed",
    )  # fmt: skip
    for text in CORPUS:
        append(run, "notice", text=text)
    async with ReviewTui(run=run).run_test(size=WIDE) as pilot:
        pilot.app.switch_mode("train")
        await settled(pilot, "failed")
        log = pilot.app.screen.query_one(RichLog)
        await until(pilot, lambda: len(log.lines) >= len(CORPUS))
        all_seen(CORPUS, "\n".join(strip.text for strip in log.lines))
        inert(pilot.app)
        await pilot.press("v")
        inert(pilot.app)


def test_every_sentence_of_the_log_is_one_line() -> None:
    for text in CORPUS:
        records = [
            {"kind": "started", "time": 0, "pid": text, "host": text},
            {"kind": "failed", "time": 0, "message": text},
            {"kind": "phase", "time": 0, "name": text, "fraction": None},
        ]
        for line in Narrator().lines(records):
            assert not steering(line.plain) and "\n" not in line.plain


async def test_the_setup_screen() -> None:
    names = [declaration.name for declaration in describe()]
    texts = itertools.cycle(SHORT)
    engine = FakeEngine()
    async with ReviewTui(engine=engine).run_test(size=(120, 50)) as pilot:  # type: ignore[arg-type]
        app = pilot.app
        assert isinstance(app, ReviewTui)
        for _ in range(len(SHORT) // (len(names) + 6) + 1):
            typed = {name: next(texts) for name in names}
            classes = {next(texts): 20, next(texts): 30}
            reading = ReadingOptions(text=next(texts), label=next(texts))
            app.draft = Draft(
                source=f"/data/{next(texts)}", reading=reading, report=report(class_counts=classes), typed=typed,
                name=next(texts),
            )  # fmt: skip
            app.switch_mode("runs")
            app.switch_mode("setup")
            await settle(pilot)
            inert(app)
        await pilot.press("y")
        assert not steering(app.clipboard)


async def test_the_classify_screen(home: Path, tmp_path: Path) -> None:
    labels = CORPUS[300:312]
    run = classify_bench.make_run(home, "20260101-000000-aaaa", SOUND[3], labels)
    texts = [text for text in CORPUS if not any("\ud800" <= one <= "\udfff" for one in text)]
    engine = classify_bench.FakeEngine(texts[::60], labels)
    pile = tmp_path / file_names()[40]
    pile.touch()
    async with ReviewTui(pile=str(pile), run=run, engine=engine).run_test(size=(120, 40)) as pilot:  # type: ignore[arg-type]
        await classify_bench.settled(pilot)
        for number, text in enumerate(texts[::60]):
            all_seen([text], inert(pilot.app))
            await pilot.press("e")
            await classify_bench.settled(pilot)
            all_seen([text], inert(pilot.app))
            await pilot.press("n" if number % 3 else "1")
            await classify_bench.settled(pilot)
        await pilot.press("i")
        await pilot.pause()
        pilot.app.screen.query_one(NoteLine).value = SHORT[8]
        await pilot.press("enter")
        await classify_bench.settled(pilot)
        all_seen([SHORT[8]], inert(pilot.app))
        await pilot.press("N")
        await pilot.pause()
        pilot.app.screen.query_one(LineInput).value = SHORT[9]
        await pilot.press("enter")
        await classify_bench.settled(pilot)
        for keys in (
            "e",
            "escape E",
            "escape h",
            "escape B",
            "escape number_sign",
            "escape l",
            "escape m",
            "escape o",
            "escape question_mark",
            "escape b",
            "x",
            "escape",
            "u",
            "t",
        ):
            await pilot.press(*keys.split())
            await pilot.pause()
            inert(pilot.app)


@pytest.mark.parametrize("width", [8, 60, 96])
def test_every_review_is_wrapped_into_lines_that_steer_nothing(width: int) -> None:
    for text in CORPUS:
        lines = wrap(clean(text), width)
        assert not steering("".join(lines))
        assert "".join("".join(lines).split()) == "".join(clean(text).expandtabs(4).split())


def hostile_certificate(pile: str, model: str, label: str) -> CertificateView:
    """The view of a certificate about a hostile pile."""
    found = msgspec.structs.replace(CERTIFIED, labels={label: 3}, labelled=3)

    async def judge(asked: AutoLabel, progress: Any) -> AutoLabelled:
        return found

    asked = AutoLabel(source=f"/data/{pile}.csv", run="first")
    return CertificateView(asked, judge, Labelled(), model, lambda id: "b", blind=False)


async def never_written(path: Path, replace: bool, option: bool) -> None:
    raise AssertionError("no name was confirmed")


async def test_the_dialogs_and_the_notices(tmp_path: Path) -> None:
    some = itertools.cycle(SHORT)

    def pairs(count: int) -> list[tuple[str, str]]:
        return [(next(some), next(some)) for _ in range(count)]

    done = DecisionsFile(
        Path(f"/data/{next(some)}.csv"), 3, {next(some): 1, next(some): 2}, (LeftOut("skipped", 1, next(some), 2),), 1
    )
    async with ReviewTui().run_test(size=WIDE, notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, ReviewTui)
        decided = [Review(row, next(some), row, next(some), f"{row:016x}") for row in range(3)]
        said = [Decision(**vars(one), verdict=next(some), agreed=False, predicted=next(some)) for one in decided]
        listed = Listed(dict.fromkeys(KINDS, said), {(one.row, one.hash): next(some) for one in said})
        for dialog in (
            OpenPile(pairs(12)), ExportDialog(next(some), tmp_path / next(some), never_written, next(some)),
            ExportDone(next(some), done.path, export_notes(done), next(some)),
            LabelNames(SHORT[:30], {SHORT[40]: SHORT[41]}), Ask("Delimiter", next(some)),
            CopiesDialog(decided[0], decided), DecisionList(listed, next(some)),
            hostile_certificate(next(some), next(some), next(some)),
        ):  # fmt: skip
            app.push_screen(dialog)
            await pilot.pause()
            inert(app)
            app.pop_screen()
        asking = app.run_worker(ask_label(app, SHORT[4:28], {}, None))
        await until(pilot, lambda: isinstance(app.screen, Find))
        inert(app)
        options = app.screen.query_one(OptionList)
        all_seen(SHORT[4:28], "\n".join(str(option.prompt) for option in options.options))
        asking.cancel()
        app.pop_screen()
        for text in SHORT[::20]:
            app.say(text, "error")
        await pilot.pause()
        inert(app)


async def test_the_file_picker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / file_names()[50]
    folder.mkdir()
    names = file_names()[::5]
    for name in names:
        (folder / f"{name}.csv").touch()
    (folder / f"{names[30]}.folder").mkdir()
    monkeypatch.chdir(folder)
    async with ReviewTui(data="").run_test(size=WIDE) as pilot:
        await settle(pilot)
        listed = pilot.app.screen.query_one(OptionList)
        all_seen(names, "\n".join(str(option.prompt) for option in listed.options))
        for key in ("end", "pageup", "pageup", "slash", *names[30][:4], "tab"):
            await pilot.press(key)
            await settle(pilot)
            inert(pilot.app)


@given(st.text(st.characters()))
def test_any_string_at_all_steers_nothing(text: str) -> None:
    assert not steering(clean_line(text)) and not steering("".join(wrap(clean(text), 40)))
    found = report(columns=[column(text, text, (text, text))], class_counts={text: 1}, notices=[text])
    for view in (report_views.columns, report_views.classes, report_views.rows_and_notices):
        assert not steering(view(found, 60).plain)
