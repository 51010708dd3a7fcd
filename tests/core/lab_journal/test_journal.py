"""The lab journal: each run, extension, branch, group and comparison, in order, against the right one, judged."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib

import pytest
import tomli_w

from core.base.errors import InputError
from core.base.files import write_json, write_whole
from core.comparison.stored_pairs import judge_stored
from core.lab_journal import journal as journal_module
from core.lab_journal.changes import Candidate, Sort, latest_before
from core.lab_journal.entry import Entry
from core.lab_journal.journal import LabJournal, about, begins, epochs_meant, judged, notes_file, since
from core.runs.folder import RunFolder
from core.runs.group import GroupFolder, groups_home
from core.runs.notes import add_hypothesis, add_note
from core.runs.outline import Parent
from tests.core.comparison.bench import compared
from tests.core.lab_journal.bench import DAY, SEEDS_RESULT, extend, make_group, make_run, moment, tell
from tests.tui.made_runs import append

Story = dict[str, RunFolder | GroupFolder]


@pytest.fixture
def story() -> Story:
    return tell()


def entries() -> dict[str, Entry]:
    """All entries with the engine's verdicts, by kind and name, in order."""
    found = LabJournal().read()
    pairs = [entry.to_judge for entry in found if entry.to_judge is not None]
    said = dict(zip(pairs, judge_stored(pairs, lambda *_: None), strict=True))
    return {f"{entry.kind} {entry.name}": entry for entry in judged(found, said)}


def changes_of(entry: Entry) -> dict[str, tuple[object, object]]:
    assert entry.changes is not None
    return {one.setting: (one.before, one.after) for one in entry.changes}


@pytest.mark.usefixtures("story")
def test_all_stand_in_the_order_of_time_each_once_and_runs_of_a_group_inside_it() -> None:
    found = entries()
    assert [*found] == [
        "run first", "run second", "run longer", "extension longer", "branch twig", "seeds three",
        "comparison second against first",
    ]  # fmt: skip
    assert [entry.time for entry in found.values()] == sorted(entry.time for entry in found.values())
    lines = found["seeds three"].members
    assert [(one.name, one.settings, one.figures.accuracy) for one in lines] == [
        (f"three-seed-{seed}", {"seed": seed}, pytest.approx((50 + seed) / 60)) for seed in (1, 2, 3)
    ]
    assert (
        "accuracy 0.8500 ± 0.0200 (standard deviation) over 3 seeds, 0.8300 to 0.8700" in found["seeds three"].findings
    )


@pytest.mark.usefixtures("story")
def test_each_names_what_it_is_held_against_and_only_what_differs() -> None:
    found = entries()
    assert found["run first"].before is None and changes_of(found["run first"]) == {"epochs": (4, 3)}
    second, longer, extension, twig = (
        found[one] for one in ("run second", "run longer", "extension longer", "branch twig")
    )
    assert second.before is not None and (second.before.name, second.before.relation) == ("first", "earlier")
    assert changes_of(second) == {"learning_rate": ("auto (5e-5)", 1e-4)}, "with what auto stood for"
    assert longer.before is not None and longer.before.name == "second" and changes_of(longer) == {"epochs": (3, 5)}
    assert extension.before is not None and extension.before.relation == "extension"
    assert changes_of(extension) == {"epochs": (5, 20)} and epochs_meant(extension) == 20
    assert twig.before is not None and (twig.before.name, twig.before.step) == ("first", 20)
    assert changes_of(twig) == {"learning_rate": ("auto (5e-5)", 3e-5)}


@pytest.mark.usefixtures("story")
def test_verdicts_come_from_the_comparison_of_the_two_or_from_their_stored_answers() -> None:
    found = entries()
    by_comparison = found["run second"].verdict
    assert by_comparison is not None and by_comparison.verdict == "better"
    assert by_comparison.comparison == found["comparison second against first"].comparison
    assert (
        by_comparison.sentence.startswith("+11.7 points") and "on 60 rows: better; took 1.5×" in by_comparison.sentence
    )
    by_answers = found["branch twig"].verdict
    assert by_answers is not None and (by_answers.verdict, by_answers.comparison) == ("better", "")
    assert by_answers.sentence.endswith("on 60 validation rows: better")
    extension = found["extension longer"].verdict
    assert extension is not None and extension.sentence.startswith("+1.7 points"), "54 rows right instead of 53"
    assert extension.verdict == "not distinguishable" and "took 2× the time" in extension.sentence


def test_a_comparison_the_other_way_round_is_turned() -> None:
    first, second = make_run("first", 0, 45), make_run("second", 1, 52, seconds=90.0)
    report = compared(first, second)
    verdict = entries()["run second"].verdict
    assert verdict is not None and verdict.verdict == "better" and report.pairs[0].verdict == "worse"
    assert verdict.sentence.startswith("+11.7 points (+4.9…+22.2) on 60 rows: better; took 1.5× the time")


def test_a_comparison_from_before_an_extension_is_not_about_it(story: Story) -> None:
    longer, second = story["longer"], story["second"]
    assert isinstance(longer, RunFolder) and isinstance(second, RunFolder)
    kept = compared(longer, second)  # made now, when longer has 20 epochs
    found = entries()
    assert found["run longer"].verdict is not None and found["run longer"].verdict.comparison == ""
    assert f"comparison {kept.arms[0].name} against {kept.arms[1].name}" in found


def test_nor_is_one_from_after_an_extension_about_what_was_before() -> None:
    first, second = make_run("first", 0, 45), make_run("second", 1, 52)
    extend(first, 2, 20, 58)
    compared(second, first)
    verdict = entries()["run second"].verdict
    assert verdict is not None and (verdict.verdict, verdict.comparison) == ("better", ""), "against 45 right, not 58"


def test_a_branch_has_no_price_because_its_time_is_only_a_part() -> None:
    first = make_run("first", 0, 45)
    make_run("twig", 1, 58, parent=Parent(run=first.id, step=20), learning_rate=5e-5)
    twig = entries()["branch twig"]
    assert twig.verdict is not None and twig.verdict.sentence.endswith("on 60 validation rows: better")
    append(first, "plan", learning_rate=2e-5)
    assert changes_of(entries()["branch twig"]) == {"learning_rate": ("auto (2e-5)", 5e-5)}


def test_a_distillation_is_held_against_its_teacher() -> None:
    teacher = make_run("teacher", 0, 55, learning_rate=1e-4)
    make_run("between", 1, 50)
    result = {
        "winner": {"name": "small-lower", "validation": {"accuracy": 0.9, "macro_f1": 0.9, "loss": 0.3}},
        "comparison": {"outcome": "not inferior", "rows": 60},
        "sentence": "student: 3 layers, 40.1 MB (teacher: 6 layers, 90.9 MB); accuracy …: not inferior.",
    }
    group = make_group("small", 2, "distillation", [("small-lower", {}, 54)], result=result)
    declared = tomllib.loads(group.declaration.read_text())
    declared["request"] |= {"method": "distillation", "distillation": {"teacher": teacher.id}}
    write_whole(group.declaration, tomli_w.dumps(declared))
    entry = entries()["distillation small"]
    assert entry.before is not None and (entry.before.name, entry.before.relation) == ("teacher", "teacher")
    assert (
        entry.verdict is not None and entry.verdict.verdict == "not inferior" and "3 layers" in entry.verdict.sentence
    )
    assert changes_of(entry)["learning_rate"] == (1e-4, "auto") and entry.members[0].name == "small-lower"
    shutil.rmtree(teacher.path)
    entry = entries()["distillation small"]
    assert entry.before is not None and not entry.before.is_known and entry.verdict is not None


def test_hypotheses_keep_what_was_said_first_and_say_what_was_known(story: Story) -> None:
    first, three = story["first"], story["three"]
    add_hypothesis(first.notes, "I knew it", time=moment(0) + 3600)
    add_hypothesis(three.notes, "seeds differ by two points", time=moment(5) + 1)
    found = entries()
    assert [(one.text, one.at_start, one.after_result) for one in found["run first"].expected] == [
        ("the starter suffices", True, False), ("I knew it", False, True),
    ]  # fmt: skip
    assert [one.text for one in found["run longer"].expected] == ["5 epochs gain a point"]
    assert [(one.text, one.at_start) for one in found["extension longer"].expected] == [
        ("20 epochs only take longer", True)
    ]
    assert [(one.text, one.after_result) for one in found["seeds three"].expected] == [
        ("seeds differ by less than a point", False), ("seeds differ by two points", False),
    ]  # fmt: skip
    assert b'hypothesis = "the starter suffices"' in first.settings.read_bytes()  # type: ignore[union-attr]


def test_a_note_stands_where_the_run_was_when_it_was_written(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.runs import notes

    for day, text in ((2.5, "slow"), (3.5, "slower")):
        monkeypatch.setattr(notes, "_now", lambda day=day: moment(day))
        add_note(story["longer"].notes, text)
    found = entries()
    assert [one.text for one in found["run longer"].notes] == ["slow"]
    assert [one.text for one in found["extension longer"].notes] == ["slower"]
    assert notes_file(found["seeds three"]) == story["three"].notes


def test_a_baseline_is_the_line_to_beat_and_not_what_a_run_is_held_against() -> None:
    make_run("first", 0, 45)
    make_run("base", 1, 50, method="baseline")
    make_run("other rows", 2, 51, rows_hash="others")
    make_run("second", 3, 52)
    found = entries()
    assert [line.name for line in found["run second"].held_against] == [
        "other rows",
        "always “negative”",
        "baseline base",
    ]
    assert found["run second"].not_judged == "they were measured on different rows"
    assert found["baseline base"].before is None and found["baseline base"].changes == ()
    assert [line.name for line in found["run other rows"].held_against] == ["first", "always “negative”"]


def test_other_data_is_another_story_and_other_content_is_said() -> None:
    make_run("first", 0, 45)
    other = make_run("lamps", 1, 45, data="/data/lamps.csv")
    again = make_run("again", 2, 46)
    text = again.provenance.read_text().replace('"data_hash": "data_hash"', '"data_hash": "another"')
    write_whole(again.provenance, text)
    found = entries()
    assert found["run lamps"].before is None and other.id == found["run lamps"].run
    assert "content of the data" in changes_of(found["run again"])


@pytest.mark.parametrize("damage", ["settings", "journal", "gone", "predictions", "parent", "group", "result", "notes"])
def test_damaged_and_deleted_folders_are_survived(damage: str, story: Story) -> None:
    first, second, three = story["first"], story["second"], story["three"]
    assert isinstance(first, RunFolder) and isinstance(second, RunFolder) and isinstance(three, GroupFolder)
    if damage == "settings":
        write_whole(second.settings, "name = [")
    elif damage == "journal":
        second.journal.write_bytes(b"\x00garbage\n" + second.journal.read_bytes()[200:3000])
    elif damage == "gone":
        shutil.rmtree(second.path)
    elif damage == "predictions":
        second.predictions.write_bytes(b"PAR1")
    elif damage == "parent":
        shutil.rmtree(first.path)
    elif damage == "group":
        write_whole(three.declaration, "kind = 3")
    elif damage == "result":
        write_json(three.result, {"accuracy": "high"})
    else:
        first.notes.write_bytes(b"\xff\xfe")
    found = entries()
    assert len(found) >= 6 and all(json.dumps(entry.to_json()) for entry in found.values())
    if damage == "settings":
        broken = found[f"run {second.id}"]
        assert broken.message == "Its settings.toml cannot be read." and broken.changes is None
    elif damage == "parent":
        twig = found["branch twig"]
        assert twig.before is not None and not twig.before.is_known and twig.changes is None
        assert twig.not_judged == f"the run {first.id} is gone"
    elif damage == "group":
        assert "cannot be read" in found[f"group {three.id}"].message
        assert len(found[f"group {three.id}"].members) == 3
    elif damage == "result":
        assert "Its result.json cannot be read." in found["seeds three"].findings
    elif damage == "predictions":
        assert "has no stored answers" in found["run longer"].not_judged


def test_runs_of_a_deleted_group_stand_alone(story: Story) -> None:
    shutil.rmtree(groups_home() / story["three"].id)
    assert {"run three-seed-1", "run three-seed-2", "run three-seed-3"} <= {*entries()}


def test_a_group_is_held_against_the_last_of_its_kind_by_the_comparison_of_both() -> None:
    from core.comparison.arms import arms_of_group

    seeds = [{"seed": seed} for seed in (1, 2)]
    one = make_group("one", 0, "seeds", [(f"one-{n}", s, 45 + n) for n, s in enumerate(seeds)], result=SEEDS_RESULT)
    make_run("between", 1, 50)
    two = make_group("two", 2, "seeds", [(f"two-{n}", s, 55 + n) for n, s in enumerate(seeds)], result=SEEDS_RESULT)
    report = compared(*arms_of_group(two), *arms_of_group(one))
    found = entries()
    entry = found["seeds two"]
    assert entry.before is not None and entry.before.id == one.id
    assert entry.verdict is not None and entry.verdict.sentence == report.settings[0].sentence
    assert found["run between"].before is None or found["run between"].before.name == "one"


def test_only_what_was_asked_for(story: Story) -> None:
    every = LabJournal().read()
    assert begins("2026-09-01") == moment(0) - DAY / 2 and begins("2026-09-01 12:00") == moment(0)
    late = since(every, begins("2026-09-05"))
    assert [entry.name for entry in late][-3:] == ["twig", "three", "second against first"]
    assert late[0].name == "first", "a note was written later"
    assert [entry.kind for entry in about(every, "first")] == ["run", "branch", "comparison"]
    assert [entry.kind for entry in about(every, "longer")] == ["run", "extension"]
    assert [entry.kind for entry in about(every, "three")] == ["seeds"]
    assert [entry.kind for entry in about(every, "three-seed-2")] == ["seeds"]
    for wrong in ("yesterday", "2026-13-01", ""):
        with pytest.raises(InputError, match="is not a date"):
            begins(wrong)


def test_read_again_it_reads_only_what_changed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = LabJournal()
    before, reads = journal.read(), 0
    works = journal_module.read_run

    def counted(run: RunFolder) -> object:
        nonlocal reads
        reads += 1
        return works(run)

    monkeypatch.setattr(journal_module, "read_run", counted)
    assert journal.read() == before and reads == 0
    add_note(story["first"].notes, "once more")
    assert reads == 0 and journal.read() != before and reads == 1


def test_a_branch_of_a_branch_of_itself_ends() -> None:
    one, two = make_run("one", 0), make_run("two", 1)
    for run, parent in ((one, two), (two, one)):
        request = run.request().model_copy(update={"parent": Parent(run=parent.id, step=1)})
        write_whole(run.settings, request.to_toml())
    assert [*entries()] == ["branch one", "branch two"]


def test_it_loads_no_heavy_library() -> None:
    code = (
        "import core.lab_journal.journal as j, sys; j.LabJournal().read(); "
        "print([m for m in ('numpy','torch','pyarrow','scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("apart", ["baseline", "student", "distillation"])
def test_what_is_compared_apart_is_held_against_its_like_only(apart: Sort) -> None:
    def candidate(number: int, sort: Sort) -> Candidate:
        return Candidate(str(number), str(number), float(number), sort, "x.csv", {})

    run, first, sweep = candidate(1, "run"), candidate(2, apart), candidate(3, "sweep")
    found = [run, first, sweep]
    assert latest_before(found, "versus", 9) == sweep and latest_before(found[:2], "sweep", 9) == run
    assert latest_before(found, apart, 9) == first and latest_before([run, sweep], apart, 9) is None
