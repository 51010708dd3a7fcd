"""What the next model learns from: the data of its run with the decisions, and nothing that measures it."""

from __future__ import annotations

import json
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.learning.lesson import LessonFolder, lesson_of, lessons_home, runs_of_pile
from core.learning.plan import plan_lesson
from core.reviews.hashing import text_hash
from core.runs.folder import RunFolder
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tests.core.learning.conftest import Teach, begin, decided, sides

Reviews = Callable[..., list[tuple[str, str]]]


def lines_of(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def flipped(label: str) -> str:
    return "negative" if label == "positive" else "positive"


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_measures_the_model_is_ever_learned_from(
    parent: RunFolder, data: Path, log: DecisionLog, teach: Teach, reviews_of: Reviews, seed: int
) -> None:
    learned, validated = sides(parent)
    tests = [line.split(",")[0] for line in (data.parent / "test.csv").read_text().splitlines()[1:]]
    fresh = [text for text, _ in reviews_of(40, seed=seed + 9)]
    audited, copies, rest = set(fresh[:8]), set(fresh[8:12]), set(fresh[12:])
    everything = [*learned, *validated, *tests, *fresh]
    generator = random.Random(seed)
    generator.shuffle(everything)
    for row, text in enumerate(everything):
        said = text.upper() if generator.random() < 0.3 else f" {text}  "  # another spelling of the same text
        log.decide(decided(said, "negative", row, audit=text in audited, order="random"))
    folder, lesson = teach(parent, frozenset(text_hash(text) for text in copies))
    trained = {text_hash(line["text"]) for line in lines_of(folder.train)}
    for held_out in (validated, tests, audited, copies):
        assert trained.isdisjoint({text_hash(text) for text in held_out})
    assert trained == {text_hash(text) for text in (*learned, *rest)}
    assert sum(lesson.left_out.values()) == len(validated) + len(tests) + len(audited) + len(copies)
    assert {line["text"]: line["label"] for line in lines_of(folder.validation)} == validated


def test_a_run_on_the_lesson_has_the_split_of_its_parent(
    parent: RunFolder, log: DecisionLog, teach: Teach, reviews_of: Reviews
) -> None:
    learned, validated = sides(parent)
    new = [text for text, _ in reviews_of(10, seed=5)]
    wrong, right, unclear = list(learned)[:3]
    for row, text in enumerate(new):
        log.decide(decided(text, "negative", row))
    log.decide(decided(wrong, flipped(learned[wrong]), 20))
    log.decide(decided(right, learned[right], 21))
    log.decide(decided(unclear, row=22, state="ambiguous"))
    log.decide(decided(list(learned)[3], row=23, state="skip"))
    log.decide(decided("a model said so", "positive", 24, source="model"))
    folder, lesson = teach(parent)
    run = begin(plan_lesson(parent, folder))
    now_learned, now_validated = sides(run)
    expected = {**learned, **dict.fromkeys(new, "negative"), wrong: flipped(learned[wrong])}
    del expected[unclear]
    assert (now_learned, now_validated) == (expected, validated)
    assert (lesson.confirmed, lesson.corrected, lesson.added, lesson.withdrawn) == (1, 1, 10, 1)
    assert lesson.from_run == len(learned) - 1 and lesson.validation == len(validated) and lesson.missing == 0
    assert lesson.left_out == {"ambiguous": 1, "skipped": 1, "labelled by a model": 1}
    assert [line["source"] for line in lines_of(folder.train)] == ["run"] * lesson.from_run + ["decisions"] * 10
    assert [one.run.id for one in runs_of_pile("pile")] == [run.id] and lesson_of(run, "another") is None


def test_the_latest_decision_wins_and_conflicts_are_listed(parent: RunFolder, log: DecisionLog, teach: Teach) -> None:
    log.decide(decided("the same text", "positive", 0))
    log.decide(decided("The same  text", "negative", 1))
    log.decide(decided("another", "positive", 2))
    log.decide(decided("another", "negative", 2))  # thought better of it: no conflict
    folder, lesson = teach(parent)
    assert {line["text"]: line["label"] for line in lines_of(folder.train)[-2:]} == {
        "The same  text": "negative",
        "another": "negative",
    }
    (conflict,) = lesson.conflicts
    assert (conflict.used, conflict.others) == ("negative", ("positive",))


def test_a_decision_that_was_undone_is_not_in_the_next_lesson(
    parent: RunFolder, log: DecisionLog, teach: Teach
) -> None:
    learned, validated = sides(parent)
    log.decide(decided("kept", "positive", 0))
    log.decide(decided("taken back", "positive", 1))
    first, _ = teach(parent)
    run = begin(plan_lesson(parent, first))
    log.undo()
    second, lesson = teach(run)
    assert (lesson.parent, lesson.root) == (run.id, parent.id)
    assert {line["text"] for line in lines_of(second.train)} == {*learned, "kept"}
    assert {line["text"] for line in lines_of(second.validation)} == set(validated)
    third, lesson = teach(begin(plan_lesson(run, second)))
    assert lesson.root == parent.id and third.train.read_bytes() == second.train.read_bytes()


def test_reviews_that_came_to_the_data_since_stay_out_and_lost_ones_are_told(
    parent: RunFolder, data: Path, log: DecisionLog, teach: Teach
) -> None:
    learned, validated = sides(parent)
    lines = data.read_text().splitlines()
    gone = next(line for line in lines[1:] if line.split(",")[0] in learned)
    data.write_text("\n".join([*(line for line in lines if line != gone), "quite new,1", ""]))
    log.decide(decided("something", "positive"))
    folder, lesson = teach(parent)
    texts = {line["text"] for line in lines_of(folder.train)}
    assert texts == {*learned, "something"} - {gone.split(",")[0]} and lesson.missing == 1
    assert {line["text"] for line in lines_of(folder.validation)} == set(validated)


def test_what_cannot_be_is_a_sentence_and_leaves_nothing_behind(
    parent: RunFolder, data: Path, log: DecisionLog, teach: Teach
) -> None:
    with pytest.raises(InputError, match="no review has a label yet"):
        teach(parent)
    log.decide(decided("an audit", "positive", audit=True, order="random"))
    with pytest.raises(InputError, match="1 audits, which measure"):
        teach(parent)
    log.decide(decided("something", "positive", 1))
    data.unlink()
    with pytest.raises(InputError, match="The data of lab cannot be read again"):
        teach(parent)
    assert not lessons_home("pile").exists() or not [*lessons_home("pile").iterdir()]


def test_a_lesson_is_private_and_whole_or_not_there(
    parent: RunFolder, log: DecisionLog, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.decide(decided("something", "positive"))
    folder, _ = teach(parent)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()} == {0o600}
    monkeypatch.setattr("core.learning.material.write_whole", _full_disk)
    with pytest.raises(ReviewtuiError, match="full"):
        teach(parent)
    assert [one.name for one in lessons_home("pile").iterdir()] == [folder.id]


def _full_disk(*_: object) -> None:
    raise BrokenPipeError("the disk is full")


def test_a_lesson_of_a_text_that_no_terminal_should_see_is_data(
    parent: RunFolder, log: DecisionLog, teach: Teach
) -> None:
    text = "\x1b]0;owned\x07 =cmd|'/c calc'!A1 \u202e\r\nnext"
    log.decide(decided(text, "\x1b[31mred", 0))
    log.decide(decided("more red", "\x1b[31mred", 1))
    folder, lesson = teach(parent)
    assert lines_of(folder.train)[-2]["text"] == text and lesson.new_labels == ("\x1b[31mred",)
    learned, _ = sides(begin(plan_lesson(parent, folder)))
    assert {one: learned[one] for one in learned if learned[one].endswith("red")} == {
        text: "\x1b[31mred",
        "more red": "\x1b[31mred",
    }


def test_folders_of_lessons_that_were_killed_are_swept(parent: RunFolder, log: DecisionLog, teach: Teach) -> None:
    log.decide(decided("something", "positive"))
    home = lessons_home("pile")
    for name, age in ((".20200101-000000-0000-1", 1e6), (".20200101-000000-0000-2", 0)):
        (home / name).mkdir(parents=True)
        moment = home.stat().st_mtime - age
        os.utime(home / name, (moment, moment))
    folder, _ = teach(parent)
    assert sorted(one.name for one in home.iterdir()) == [".20200101-000000-0000-2", folder.id]


def test_a_decision_of_this_pile_is_not_a_lesson_of_another(parent: RunFolder, log: DecisionLog, teach: Teach) -> None:
    log.decide(decided("something", "positive"))
    folder, _ = teach(parent)
    run = begin(plan_lesson(parent, folder))
    found = lesson_of(run, "pile")
    assert isinstance(found, LessonFolder) and found.path == folder.path and lesson_of(parent, "pile") is None


def test_imported_labels_are_learned_unless_a_model_gave_them(
    parent: RunFolder, log: DecisionLog, teach: Teach
) -> None:
    imported: list[Decision] = [
        decided("from anna", "positive", 0, source="import", origin="human"),
        decided("from a model", "positive", 1, source="import", origin="model"),
    ]
    log.bulk(imported, "import")
    folder, _ = teach(parent)
    assert [line["text"] for line in lines_of(folder.train)][-1] == "from anna"
    assert "from a model" not in folder.train.read_text()
