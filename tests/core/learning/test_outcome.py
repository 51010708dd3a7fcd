"""What a model has learned: itself and the one before on rows that neither has learned from, and what it changes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.comparison.kept import answers_in
from core.inference.predictor import Predictor
from core.learning.audited import near_audits
from core.learning.lesson import LessonFolder
from core.learning.material import make_lesson
from core.learning.outcome import outcome_of
from core.learning.plan import plan_lesson
from core.learning.stability import SET, fixed_set, stability_of
from core.reviews.reading import Reviews
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.request import Request
from core.scores.scoring import score
from core.statistics.kappa import agreement
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tests.core.made import settings

Work = Callable[..., RunHistory]
DECIDED, AUDITS = 24, 12


def silent(what: str, share: float | None) -> None:
    pass


@pytest.fixture
def pile(tmp_path: Path, reviews_of: Callable[..., list[tuple[str, str]]]) -> tuple[str, list[str]]:
    """A pile of unlabelled reviews, and the labels that they should have."""
    found = reviews_of(60, seed=4)
    with (tmp_path / "inbox.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("review",), *((text,) for text, _ in found)])
    return str(tmp_path / "inbox.csv"), [label for _, label in found]


def decide(pile: str, labels: list[str], reviews: Reviews, said: list[str], model: RunFolder) -> DecisionLog:
    """Decide the beginning of a pile; the first ones are audits."""
    log = DecisionLog(pile)
    for row in range(DECIDED):
        file, line = reviews.place(row)
        audit = row < AUDITS
        log.decide(
            Decision(
                row=row, file=file, line=line, text=reviews.text(row), hash=f"{int(reviews.hashes[row]):016x}",
                verdict=labels[row], predicted=said[row], probability=0.5, model=model.id, blind=audit, audit=audit,
                order="random" if audit else "uncertainty",
            )
        )  # fmt: skip
    return log


def test_before_and_after_on_fixed_rows_and_in_the_pile(
    data: Path, tiny_model: Path, pile: tuple[str, list[str]], work: Work
) -> None:
    source, labels = pile
    asked = settings(tiny_model, epochs=1, validation_fraction=0.3, learning_rate=1e-5)
    parent = create_run(Request(name="lab", data=str(data), settings=asked))
    work(parent)
    reviews = read_unlabelled(source)
    rows = np.arange(len(reviews))
    said = [one.label for one in Predictor(parent.model).classify(reviews.texts(rows))]
    log = decide(source, labels, reviews, said, parent)
    folder, lesson = make_lesson(source, parent, log.history, near_audits(log.history, reviews, silent), silent)
    assert lesson.left_out == {"audits, which measure the model": AUDITS} and lesson.added == DECIDED - AUDITS
    learned = create_run(plan_lesson(parent, folder, {"epochs": 6, "learning_rate": 3e-3}))
    assert stability_of(source, reviews, silent) is None
    with pytest.raises(InputError, match="lab has not learned from decisions"):
        outcome_of(parent, source, reviews, log.history, silent)
    with pytest.raises(InputError, match="has no model yet"):
        outcome_of(learned, source, reviews, log.history, silent)
    work(learned)

    outcome = outcome_of(learned, source, reviews, log.history, silent)
    assert (outcome.name, outcome.parent_name, outcome.flips) == ("lab-learned", "lab", None)
    validation, audits = outcome.measured
    now = [one.label for one in Predictor(learned.model).classify(reviews.texts(rows))]
    first = slice(0, AUDITS)
    for found, answers in ((audits.before, said), (audits.after, now)):
        assert found == pytest.approx(np.mean([a == b for a, b in zip(answers[first], labels[first], strict=True)]))
    assert (validation.rows, audits.rows, audits.learned_from) == (18, AUDITS, 0)
    assert validation.before is not None and validation.after is not None
    assert validation.low <= validation.after - validation.before <= validation.high
    assert "on 18 validation reviews" in validation.sentence and "on 12 audits" in audits.sentence

    for run in (parent, learned):
        score(run.model, reviews, source)
    flips = outcome_of(learned, source, reviews, log.history, silent).flips
    changed = [row for row in rows.tolist() if said[row] != now[row]]
    assert flips is not None and flips.changed == len(changed) == sum(one.reviews for one in flips.kinds) > 0
    decided = [row for row in changed if row < DECIDED]
    assert (flips.decided, flips.now_as_decided) == (len(decided), sum(now[row] == labels[row] for row in decided))
    assert flips.file is not None
    lines = [json.loads(line) for line in Path(flips.file).read_text().splitlines()]
    assert {line["text"] for line in lines} == {reviews.text(row) for row in changed if row >= DECIDED}
    surest = [line["probability_b"] for line in lines]
    assert surest == sorted(surest, reverse=True)
    (a, before, _), (b, after, _) = answers_in({name: str(cell) for name, cell in lines[0].items()})
    assert (a, b) == ("lab", "lab-learned") and before != after

    found = stability_of(source, reviews, silent)
    assert found is not None and found.rows == len(fixed_set(source, reviews, silent)) and not found.stable
    (step,) = found.steps
    chosen = fixed_set(source, reviews, silent).tolist()
    expected = agreement((said[row], now[row]) for row in chosen)
    assert (step.agreement, step.kappa, step.decided) == (expected.share, expected.kappa, DECIDED - AUDITS)
    log.close()


def test_an_audit_that_a_model_has_learned_from_measures_nothing(
    data: Path, tiny_model: Path, tmp_path: Path, work: Work
) -> None:
    """The pile is the data that the run was trained on: its audits are no evidence, and say so."""
    texts = [line.split(",")[0] for line in data.read_text().splitlines()[1:]]
    (tmp_path / "again.csv").write_text("review\n" + "".join(f"{text}\n" for text in texts))
    source = str(tmp_path / "again.csv")
    reviews = read_unlabelled(source)
    parent = create_run(Request(name="lab", data=str(data), settings=settings(tiny_model, epochs=1)))
    work(parent)
    log = decide(source, ["positive", "negative"] * 30, reviews, ["positive"] * 60, parent)
    folder, _ = make_lesson(source, parent, log.history, frozenset(), silent)
    learned = create_run(plan_lesson(parent, folder))
    work(learned)
    audits = outcome_of(learned, source, reviews, log.history, silent).measured[1]
    assert audits.rows + audits.learned_from == AUDITS and audits.learned_from > 0
    log.close()


def test_near_copies_of_audits_are_held_out(tmp_path: Path) -> None:
    words = "the lamp was broken after two weeks of use and the cable is awful and very cheap, returned for a refund"
    base = f"{words}; my aunt has bought another one, of which nobody has heard a bad word so far, as she likes to say"
    texts = [base, base.replace("two", "three"), base.upper(), "a quite different review of a chair, which is lovely"]
    (tmp_path / "pile.csv").write_text("review\n" + "".join(f'"{text}"\n' for text in texts))
    reviews = read_unlabelled(str(tmp_path / "pile.csv"))
    log = DecisionLog("pile")
    audit = Decision(
        row=0, file="f", line=2, text=base, hash=f"{int(reviews.hashes[0]):016x}", verdict="bad", audit=True
    )
    assert near_audits(log.history, reviews, silent) == frozenset()
    log.decide(audit)
    assert near_audits(log.history, reviews, silent) == frozenset(reviews.hashes[:3].tolist())
    log.close()


def test_the_fixed_set_depends_on_the_texts_and_the_pile_alone(tmp_path: Path) -> None:
    lines = [f"review number {row} says {row * row}" for row in range(SET + 200)]
    for name, some in (("a.csv", lines), ("b.csv", lines[::-1])):
        (tmp_path / name).write_text("review\n" + "".join(f"{line}\n" for line in some))
    one, other = (read_unlabelled(str(tmp_path / name)) for name in ("a.csv", "b.csv"))
    rows, turned = fixed_set("pile", one, silent), fixed_set("pile", other, silent)
    assert len(rows) == SET and one.texts(rows) == other.texts(turned)
    assert one.texts(fixed_set("another", one, silent)) != one.texts(rows)


def test_a_student_goes_on_from_its_own_weights_and_auto_stays_what_it_was(tmp_path: Path) -> None:
    from core.base.files import write_json
    from core.runs.outline import Distillation
    from core.settings.schema import Settings

    folder = LessonFolder(tmp_path / "20260101-000000-0000")
    asked = Request(
        name="small", data="x", method="distillation", distillation=Distillation(teacher="t"), settings=Settings()
    )
    student = create_run(asked)
    request = plan_lesson(student, folder, {"epochs": 2})
    assert (request.method, request.distillation, request.settings.model) == ("fine-tuning", None, str(student.model))
    assert (request.settings.epochs, request.name) == (2, "small-learned")
    plain = create_run(Request(name="plain", data="x", settings=Settings(model="auto")))
    assert plan_lesson(plain, folder).settings.model == "auto"
    write_json(plain.provenance, {**_provenance(), "model": "distilbert-base-uncased"})
    assert plan_lesson(plain, folder).settings.model == "distilbert-base-uncased"
    with pytest.raises(InputError, match="begins with the model of its run"):
        plan_lesson(plain, folder, {"model": "starter"})


def _provenance() -> dict[str, object]:
    words = dict.fromkeys(
        "machine cpu_capability device precision path path_why settings_sha256 data data_hash validation_hash model "
        "weights_sha256 tokenizer_sha256".split(),
        "x",
    )
    return {
        **words, "versions": {}, "device_name": None, "micro_batch_tokens": 1, "threads": 1, "validation": None,
        "labels": ["a"], "train_rows": {}, "validation_rows": {},
    }  # fmt: skip
