"""A home with a story: three runs, an extension, a branch, a baseline, a comparison, and groups; nothing is trained."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from core.base.files import write_json, write_whole
from core.reviews.options import ReadingOptions
from core.runs.extension import begin_extension
from core.runs.folder import RunFolder, runs_home
from core.runs.group import GroupFolder, create_group, groups_home
from core.runs.group_journal import Made, NewRun, Planned
from core.runs.group_journal import append as append_member
from core.runs.journal import JournalWriter
from core.runs.notes import add_hypothesis, add_note
from core.runs.outline import Parent
from core.runs.provenance import Provenance, write_provenance
from core.runs.request import Request
from core.settings.schema import Settings
from tests.core.comparison.bench import CLASSES, compared, make_answered, texts
from tests.core.runs.whole_records import record

DAY = 86_400.0
ROWS = [(text, number % 2) for number, text in enumerate(texts(60))]


def moment(number: float) -> float:
    """Noon of the first of September 2026, and that many days later."""
    return time.mktime((2026, 9, 1, 12, 0, 0, 0, 0, -1)) + number * DAY


def folder_id(day: float) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(moment(day))) + "-0000"


def right_of(count: int) -> list[int]:
    """Answers of which the first `count` are right."""
    return [label if number < count else 1 - label for number, (_, label) in enumerate(ROWS)]


def moved(run: RunFolder, day: float) -> RunFolder:
    """The run, begun that many days after the first of September."""
    target = RunFolder(runs_home() / folder_id(day))
    run.path.rename(target.path)
    return target


def make_run(
    name: str,
    day: float,
    right: int = 50,
    *,
    hypothesis: str = "",
    parent: Parent | None = None,
    group: str | None = None,
    method: str = "fine-tuning",
    data: str = "/data/reviews.csv",
    end: str | None = "finished",
    seconds: float = 60.0,
    rows_hash: str = "rows",
    **settings: Any,
) -> RunFolder:
    """A run that got `right` of 60 validation rows right."""
    run = moved(make_answered(name, ROWS, right_of(right), data=data, **{"epochs": 3, **settings}), day)
    changes = {"hypothesis": hypothesis, "parent": parent, "group": group, "method": method}
    write_whole(run.settings, run.request().model_copy(update=changes).to_toml())
    epochs = run.request().settings.epochs
    write_journal(run, moment(day), right / 60, epochs, end=end, seconds=seconds, method=method)
    write_provenance(run.provenance, provenance(rows_hash))
    return run


def write_journal(
    run: RunFolder, began: float, accuracy: float, epochs: int, *, end: str | None, seconds: float, method: str
) -> None:
    now = began
    journal = JournalWriter(run.journal, clock=lambda: now)
    journal.write(record("started", pid=1, host="box", awake=1.0))
    majority = {"label": "negative", "accuracy": 0.5, "macro_f1": 0.33}
    journal.write(
        record("plan", epochs=epochs, steps=epochs * 10, steps_per_epoch=10, validation_rows=60, labels=list(CLASSES),
               majority=majority, method=method)
    )  # fmt: skip
    for epoch in range(1, epochs + 1):
        for step in range(10 * epoch - 9, 10 * epoch + 1):
            now = began + seconds * step / (10 * epochs)
            journal.write(record("step", step=step, epoch=step / 10, loss=0.7 / step**0.3, seconds=now - began))
        figures = {
            "loss": 0.6 / epoch**0.5,
            "accuracy": accuracy - 0.02 * (epochs - epoch),
            "macro_f1": accuracy - 0.03,
        }
        journal.write(record("evaluation", step=10 * epoch, epoch=epoch, best=True, per_class={}, **figures))
    if end is not None:
        now += 1
        scores = {"loss": 0.3, "accuracy": accuracy, "macro_f1": accuracy - 0.01}
        fields = {"epochs": epochs, "steps": 10 * epochs, "seconds": seconds, "peak_memory_bytes": 1 << 30}
        message = "The loss is not a number at step 3." if end == "failed" else ""
        journal.write(record(end, message=message, validation=scores, best_epoch=float(epochs), against=[], **fields))
    journal.close()


def extend(run: RunFolder, day: float, epochs: int, right: int, *, seconds: float = 120.0) -> None:
    """Train a run on, as a worker would."""
    journal = JournalWriter(run.journal, clock=lambda: moment(day))
    journal.write(record("started", pid=1, host="box", awake=1.0))
    begin_extension(run, journal, epochs)
    journal.close()
    again = make_answered("again", ROWS, right_of(right))
    again.predictions.replace(run.predictions)
    shutil.rmtree(again.path)
    now = moment(day) + seconds
    journal = JournalWriter(run.journal, clock=lambda: now)
    scores = {"loss": 0.28, "accuracy": right / 60, "macro_f1": right / 60 - 0.01}
    for step in range(10 * epochs - 9, 10 * epochs + 1):
        journal.write(record("step", step=step, epoch=step / 10, loss=0.2, seconds=seconds))
    journal.write(
        record("finished", message="", epochs=epochs, steps=10 * epochs, seconds=seconds, validation=scores,
               best_epoch=float(epochs), peak_memory_bytes=1 << 30, against=[])
    )  # fmt: skip
    journal.close()


def make_group(
    name: str,
    day: float,
    kind: Any,
    members: Sequence[tuple[str, dict[str, Any], int]],
    *,
    spec: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
    hypothesis: str = "",
) -> GroupFolder:
    """A group with a run for each (name, settings, rows right)."""
    reading = ReadingOptions(text="review", label="label")
    request = Request(
        name=name, data="/data/reviews.csv", reading=reading, settings=Settings(epochs=3), hypothesis=hypothesis
    )
    made = create_group(name, kind, request.model_dump(mode="json", exclude_none=True), spec or {})
    group = GroupFolder(groups_home() / folder_id(day))
    made.path.rename(group.path)
    new = tuple(
        NewRun(number=number, name=one, settings=changes) for number, (one, changes, _) in enumerate(members, 1)
    )
    append_member(group.journal, Planned(new=new))
    for number, (one, changes, right) in enumerate(members, 1):
        run = make_run(one, day + number / 100, right, group=group.id, **changes)
        append_member(group.journal, Made(number=number, run=run.id))
    if result is not None:
        write_json(group.result, {"kind": kind, "name": name, **result})
    return group


def provenance(rows_hash: str) -> Provenance:
    words = "machine cpu_capability device precision path path_why settings_sha256 data data_hash validation_hash model"
    found: dict[str, Any] = {name: name for name in words.split()}
    found |= {"versions": {}, "device_name": None, "validation": None, "micro_batch_tokens": 1, "threads": 1}
    found |= {"weights_sha256": "", "tokenizer_sha256": "", "labels": list(CLASSES)}
    found |= {"train_rows": {}, "validation_rows": {}, "validation_sha256": rows_hash}
    return msgspec.convert(found, Provenance)


SEEDS_RESULT = {
    "runs": ["a", "b", "c"],
    "without_scores": 0,
    "accuracy": {"mean": 0.85, "sd": 0.02, "min": 0.83, "max": 0.87},
}


def tell(*, now: bool = True) -> dict[str, RunFolder | GroupFolder]:
    """Make the story.

    Args:
        now: whether a note is written and a comparison made, which have the date of today.
    """
    first = make_run("first", 0, 45, hypothesis="the starter suffices")
    second = make_run("second", 1, 52, learning_rate=1e-4, seconds=90.0)
    longer = make_run("longer", 2, 53, learning_rate=1e-4, epochs=5, hypothesis="5 epochs gain a point")
    add_hypothesis(longer.notes, "20 epochs only take longer", epochs=20, time=moment(3) - 60)
    extend(longer, 3, 20, 54)
    twig = make_run("twig", 4, 58, parent=Parent(run=first.id, step=20), learning_rate=3e-5)
    seeds = make_group(
        "three", 5, "seeds", [(f"three-seed-{seed}", {"seed": seed}, 50 + seed) for seed in (1, 2, 3)],
        spec={"seeds": [1, 2, 3]}, result=SEEDS_RESULT, hypothesis="seeds differ by less than a point",
    )  # fmt: skip
    if now:
        add_note(first.notes, "mislabelled lamps")
        compared(second, first)
    return {"first": first, "second": second, "longer": longer, "twig": twig, "three": seeds}
