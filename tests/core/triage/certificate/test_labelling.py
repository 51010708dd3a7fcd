"""What a certificate labels: only what nobody decided, marked as the model's, as one operation or not at all."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ReviewtuiError
from core.inference.temperature import Temperature
from core.reviews.reading import Reviews
from core.triage.certificate.certificate import Certificate, read_certificate
from core.triage.certificate.evidence import AnsweredPile
from core.triage.certificate.labelling import AutoLabels, auto_labels, record
from core.triage.certificate.watching import certificate_of, labelled_automatically, still_labelled
from core.triage.decisions import DecisionLog, pile_folder
from tests.core.triage.certificate.made import answers, audit, certificate, pile_file, said, sequence

AUDITED = 220
PROMISE = 0.05


@pytest.fixture
def audited(tmp_path: Path) -> tuple[str, Reviews, AnsweredPile]:
    """A pile of 600 reviews, 40 of which come twice, with enough evidence for most of it."""
    source, reviews = pile_file(tmp_path, 600, copies=40)
    pile = answers(source, reviews)
    audit(source, reviews, sequence(pile)[:AUDITED], wrong=range(60))
    return source, reviews, pile


def labels_of(source: str, reviews: Reviews, pile: AnsweredPile, log: DecisionLog) -> AutoLabels:
    return auto_labels(made_certificate(source, pile), log.history, reviews, pile, None)


def made_certificate(source: str, pile: AnsweredPile) -> Certificate:
    found = certificate(source, pile, max_error=PROMISE)
    assert found.certified
    return found


def test_labels_what_is_sure_enough_and_leaves_alone_what_a_person_decided(
    audited: tuple[str, Reviews, AnsweredPile],
) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    before = {one.row: one for one in log.history.decided()}
    found = labels_of(source, reviews, pile, log)
    best = found.certificate.best
    assert best is not None
    rows = {one.row for one in found.decisions}
    decided = {one.hash for one in before.values()}
    expected = {
        row
        for row in range(len(reviews))
        if pile.confidences[row] >= best.threshold and f"{int(reviews.hashes[row]):016x}" not in decided
    }
    assert rows == expected and len(rows) > 100
    assert found.left_alone == int((pile.confidences >= best.threshold).sum()) - len(rows)
    operation = record(log, found)
    assert operation is not None and operation.why == "auto-label"
    assert {row: log.history.decision(row, one.hash) for row, one in before.items()} == before
    log.close()


def test_labels_are_the_models_and_no_evidence(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    human, audits = log.history.human(), log.history.audits()
    operation = record(log, labels_of(source, reviews, pile, log))
    assert operation is not None
    for one in operation.decisions:
        assert (one.source, one.state, one.verdict, one.predicted) == ("model", "label", "positive", "positive")
        assert (one.model, one.model_hash, one.audit, one.blind, one.agreed) == (
            "20260101-000000-aaaa", "m" * 32, False, False, None,
        )  # fmt: skip
        assert not one.evidence
    assert log.history.human() == human and log.history.audits() == audits
    assert log.history.counts.by_model == len(operation.decisions)
    log.close()
    assert certificate(source, pile).audits == AUDITED, "automatic labels are no evidence for the next certificate"


def test_one_undo_takes_all_back_and_one_redo_brings_it_back(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    before = log.history.decided()
    operation = record(log, labels_of(source, reviews, pile, log))
    after = log.history.decided()
    assert operation is not None and len(after) == len(before) + len(operation.decisions)
    log.undo()
    assert log.history.decided() == before and labelled_automatically(log.history) == []
    log.close()
    log = DecisionLog(source)
    log.redo()
    assert log.history.decided() == after
    assert len(still_labelled(log.history)) == len(operation.decisions)
    log.close()


def test_a_log_that_is_cut_anywhere_in_it_has_none_of_them(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    """A kill in the middle of writing leaves any number of its bytes."""
    source, reviews, pile = audited
    file = pile_folder(source) / "decisions.jsonl"
    start = file.stat().st_size
    log = DecisionLog(source)
    decided = log.history.decided()
    operation = record(log, labels_of(source, reviews, pile, log))
    log.close()
    assert operation is not None
    content = file.read_bytes()
    chance = random.Random(1)
    for cut in (start, start + 1, len(content) - 1, *(chance.randrange(start, len(content)) for _ in range(10))):
        file.write_bytes(content[:cut])
        log = DecisionLog(source)
        assert log.history.decided() == decided and log.history.counts.by_model == 0
        log.close()
    file.write_bytes(content)
    log = DecisionLog(source)
    assert log.history.counts.by_model == len(operation.decisions)
    log.close()


def test_a_disk_without_room_labels_nothing(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    full = False

    def sync(descriptor: int) -> None:
        if full:
            raise OSError(28, os.strerror(28))

    log = DecisionLog(source, sync=sync)
    decided, found = log.history.decided(), labels_of(source, reviews, pile, log)
    full = True
    with pytest.raises(ReviewtuiError, match="does not count"):
        record(log, found)
    assert log.history.decided() == decided
    log.close()
    log = DecisionLog(source)
    assert log.history.decided() == decided
    log.close()


def test_a_random_twentieth_stays_undecided_to_be_audited(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    found = labels_of(source, reviews, pile, log)
    different = {one.row for one in found.decisions if pile.groups[one.row] == one.row}
    assert len(found.watched) == -(-len(different) // 20)
    assert found.watched == set([row for row in sequence(pile) if row in different][: len(found.watched)])
    record(log, found)
    assert all(log.history.state(row, f"{int(reviews.hashes[row]):016x}") == "undecided" for row in found.watched)
    (operation,) = labelled_automatically(log.history)
    kept = certificate_of(log.folder, operation)
    assert kept is not None and set(kept.watched.values()) == {"positive"} and len(kept.watched) == len(found.watched)
    assert {f"{int(reviews.hashes[row]):016x}" for row in found.watched} == set(kept.watched)
    log.close()


def test_labelling_again_adds_nothing_until_there_is_more(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    first = labels_of(source, reviews, pile, log)
    assert record(log, first) is not None
    events = log.history.events
    again = labels_of(source, reviews, pile, log)
    assert [one.row for one in again.decisions] == [one.row for one in first.decisions], "the file is whole again"
    assert again.watched == first.watched
    assert record(log, again) is None and log.history.events == events
    log.close()


def test_another_models_labels_replace_those_of_the_one_before(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    record(log, labels_of(source, reviews, pile, log))
    other = replace(pile, model_hash="n" * 32)
    made = certificate(source, other, max_error=PROMISE, run="20260101-000000-bbbb")
    operation = record(log, auto_labels(made, log.history, reviews, other, None))
    assert operation is not None
    assert {one.model_hash for one in still_labelled(log.history)} == {"n" * 32}
    log.close()


def test_near_copies_of_a_review_that_a_person_decided_are_left_alone(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 600)
    pile = answers(source, reviews)
    audit(source, reviews, sequence(pile)[:AUDITED], wrong=range(60))
    groups = pile.groups.copy()
    log = DecisionLog(source)
    free = [row for row in range(500, 600) if log.history.decision(row, f"{int(reviews.hashes[row]):016x}") is None]
    groups[free[1]] = free[0]
    pile = replace(pile, groups=groups)
    log.decide(said(reviews, free[0], "", state="flag", audit=False))
    rows = {one.row for one in labels_of(source, reviews, pile, log).decisions}
    assert free[0] not in rows and free[1] not in rows and free[2] in rows
    log.close()


def test_what_the_model_has_learned_from_is_not_labelled(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 600)
    pile = answers(source, reviews, learned=range(300, 330))
    audit(source, reviews, [row for row in sequence(pile) if not 300 <= row < 330][:AUDITED], wrong=range(60))
    log = DecisionLog(source)
    rows = {one.row for one in labels_of(source, reviews, pile, log).decisions}
    assert rows and not rows & set(range(300, 330))
    log.close()


def test_without_a_certificate_there_is_nothing(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 300)
    pile = answers(source, reviews)
    log = DecisionLog(source)
    found = auto_labels(certificate(source, pile), log.history, reviews, pile, None)
    assert found.decisions == () and found.watched == frozenset() and record(log, found) is None
    assert not (log.folder / "certificates").exists()
    log.close()


def test_probabilities_are_kept_as_the_model_gives_them_beside_the_calibrated_ones(
    audited: tuple[str, Reviews, AnsweredPile],
) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    temperature = Temperature(temperature=2.0, rows=200, ece=0.1, ece_with_temperature=0.05, fitted_on="")
    made = made_certificate(source, pile)
    one = auto_labels(made, log.history, reviews, pile, temperature).decisions[-1]
    assert one.probability == pytest.approx(float(pile.confidences[one.row]))
    halved = np.array(pile.logits[one.row], dtype=float) / 2
    assert one.calibrated == pytest.approx(float(np.exp(halved[1]) / np.exp(halved).sum()))
    assert one.columns == {"order": str(one.row)}
    log.close()


def test_the_certificate_is_kept_and_named_by_the_operation(audited: tuple[str, Reviews, AnsweredPile]) -> None:
    source, reviews, pile = audited
    log = DecisionLog(source)
    found = labels_of(source, reviews, pile, log)
    operation = record(log, found)
    assert operation is not None
    kept = read_certificate(log.folder, operation.facts["certificate"])
    assert kept == found.certificate
    for name in ("threshold", "coverage", "audited", "errors", "bound"):
        assert operation.facts[name] == kept.to_json()[name]
    log.close()
