"""What counts as evidence, what follows from it, and that it can be computed again from what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from core.triage.certificate.certificate import keep_certificate, read_certificate
from core.triage.certificate.certifying import history_in, log_of
from core.triage.certificate.evidence import (
    BEHIND,
    COPY,
    GONE,
    LEARNED,
    OTHERS,
    SHOWN,
    AnsweredPile,
    Evidence,
    gather_evidence,
)
from core.triage.circumstances import undecided
from core.triage.decisions import DecisionLog, pile_folder
from tests.core.triage.certificate.made import answers, audit, certificate, pile_file, said, sequence


def evidence(source: str, pile: AnsweredPile) -> Evidence:
    return gather_evidence(history_in(log_of(source)), pile)


def test_without_audits_it_says_how_many_are_needed(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 1000)
    found = certificate(source, answers(source, reviews))
    assert not found.certified and found.best is None
    shown = found.to_json()
    assert (shown["audited"], shown["errors"], shown["bound"], shown["certified"]) == (0, 0, 1.0, False)
    assert (shown["coverage"], shown["needed"], found.fewest) == (0.4, 428, 171)


def test_enough_right_answers_certify_what_they_are_about(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 600)
    pile = answers(source, reviews)
    order = sequence(pile)
    coverages = []
    for start, stop in ((0, 160), (160, 470), (470, 600)):
        audit(source, reviews, order[start:stop], wrong=[row for row in order if row < 60])
        found = certificate(source, pile)
        coverages.append(found.best.coverage if found.best else 0.0)
    assert coverages[0] == 0.0 < coverages[1] <= coverages[2] == 0.9
    shown = found.to_json()
    assert shown["needed"] == 0 and shown["bound"] <= 0.02 and shown["next"]["coverage"] > shown["coverage"]


def test_an_error_is_an_answer_other_than_the_persons(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 300)
    pile = answers(source, reviews)
    order = sequence(pile)
    audit(source, reviews, order[:100], wrong=(order[50], order[60]))
    found = evidence(source, pile)
    assert found.rows.tolist() == order[:100]
    assert np.flatnonzero(found.wrong).tolist() == [50, 60]
    assert found.confidences.tolist() == pile.confidences[order[:100]].tolist()
    audit(source, reviews, order[100:101], verdict="a label that the model does not know")
    assert evidence(source, pile).wrong[-1]


@pytest.mark.parametrize(
    "fields",
    [
        {"audit": False},
        {"source": "copy"},
        {"source": "import"},
        {"blind": False},
        {"blind": False, "state": "skip", "verdict": ""},
    ],
)
def test_what_was_chosen_seen_or_copied_is_no_evidence(tmp_path: Path, fields: dict[str, Any]) -> None:
    source, reviews = pile_file(tmp_path, 50)
    pile = answers(source, reviews)
    first, *others = sequence(pile)
    audit(source, reviews, [first], **fields)
    audit(source, reviews, others[:5])
    found = evidence(source, pile)
    assert found.rows.tolist() == others[:5], "and those after it count all the same"
    human = fields.get("source", "human") == "human"
    assert found.left_out == ({SHOWN: 1} if human and "audit" not in fields else {})
    assert found.elsewhere == ("audit" in fields)


def test_audits_count_in_the_order_of_the_sequence_and_wait_for_open_ones(tmp_path: Path) -> None:
    """Otherwise reviews could be walked past, and made undecided again, until the rest looks right."""
    source, reviews = pile_file(tmp_path, 60)
    pile = answers(source, reviews)
    order = sequence(pile)
    audit(source, reviews, [*order[5:9], *order[:4]], wrong=order[:1])
    found = evidence(source, pile)
    assert found.rows.tolist() == order[:4] and found.left_out == {BEHIND: 4}
    audit(source, reviews, order[4:5])
    assert evidence(source, pile).rows.tolist() == order[:9]
    log = DecisionLog(source)
    first = log.history.latest(f"{int(reviews.hashes[order[0]]):016x}")
    assert first is not None and first.verdict == "negative"
    log.bulk([undecided(first)], "requeue")
    log.close()
    assert evidence(source, pile).left_out == {BEHIND: 8}, "an error that is taken back holds up all others"


@pytest.mark.parametrize("state", ["skip", "flag", "ambiguous"])
def test_random_reviews_without_a_label_count_as_errors(tmp_path: Path, state: str) -> None:
    source, reviews = pile_file(tmp_path, 50)
    pile = answers(source, reviews)
    audit(source, reviews, sequence(pile)[:1], state=state, verdict="")
    found = evidence(source, pile)
    assert found.wrong.tolist() == [True] and found.unlabelled == 1 and found.verdicts.tolist() == [-1]


def test_an_error_cannot_be_talked_away(tmp_path: Path) -> None:
    """Neither by deciding again with the answer in view, nor by taking the first decision back before."""
    source, reviews = pile_file(tmp_path, 50)
    pile = answers(source, reviews)
    one, other = sequence(pile)[:2]
    log = DecisionLog(source)
    log.decide(said(reviews, one, "negative"))
    log.decide(said(reviews, one, "positive", blind=False, revealed=True))
    log.decide(said(reviews, other, "negative"))
    log.undo()
    log.decide(said(reviews, other, "positive", blind=False, revealed=True))
    log.close()
    assert evidence(source, pile).wrong.tolist() == [True, True]


def test_near_copies_count_once_and_what_was_learned_or_is_gone_not_at_all(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 60, copies=20)
    pile = answers(source, reviews)
    first, second, third, fourth = sequence(pile)[:4]
    groups, learned = pile.groups.copy(), pile.learned.copy()
    copy = sequence(pile)[-1]
    groups[groups == copy], learned[third] = first, True
    pile = replace(pile, groups=groups, learned=learned)
    log = DecisionLog(source)
    for row in (first, copy, second, third, fourth):
        log.decide(said(reviews, row))
    log.decide(msgspec.structs.replace(said(reviews, fourth), hash="f" * 16, row=-1))
    log.close()
    found = evidence(source, pile)
    assert found.rows.tolist() == [first, second, fourth]
    assert found.left_out == {COPY: 1, LEARNED: 1, GONE: 1}
    assert len(pile.counted) == 58, "60 different texts, without one near copy and the one that was learned"


def test_what_the_model_labelled_is_passed_over_and_what_another_did_ends_the_evidence(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 60)
    pile = answers(source, reviews)
    order = sequence(pile)
    audit(source, reviews, [*order[:3], *order[5:8]])
    log = DecisionLog(source)
    given = {"source": "model", "audit": False, "blind": False}
    log.bulk([said(reviews, row, model_hash=pile.model_hash, **given) for row in order[3:5]], "auto-label")
    log.close()
    assert evidence(source, pile).rows.tolist() == [*order[:3], *order[5:8]]
    other = replace(pile, model_hash="n" * 32)
    found = evidence(source, other)
    assert found.rows.tolist() == order[:3] and found.left_out == {OTHERS: 3}


def test_a_certificate_is_computed_again_from_its_inputs(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 600)
    pile, folder = answers(source, reviews), pile_folder(source)
    order = sequence(pile)
    audit(source, reviews, order[:300], wrong=order[7:8])
    made = certificate(source, pile)
    file = keep_certificate(folder, made)
    assert file.stat().st_mode & 0o777 == 0o600
    audit(source, reviews, order[300:400], wrong=order[300:400])
    kept = read_certificate(folder, made.id)
    assert kept == made != certificate(source, pile)
    (folder / "decisions.jsonl").write_bytes(log_of(source)[: kept.inputs.log_bytes])
    again = certificate(source, pile)
    assert again == kept and again.id == made.id


def test_it_names_everything_it_was_computed_from(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 200, copies=3)
    pile = answers(source, reviews)
    first = certificate(source, pile).inputs
    assert certificate(source, replace(pile, logits=pile.logits * 2)).inputs.logits_sha256 != first.logits_sha256
    assert certificate(source, answers(source, reviews, learned=[1])).inputs.learned_sha256 != first.learned_sha256
    assert certificate(source, replace(pile, groups=np.arange(203))).inputs.groups_sha256 != first.groups_sha256
    audit(source, reviews, [5])
    assert certificate(source, pile).inputs.log_sha256 != first.log_sha256
    assert certificate(source, replace(pile, numbers=1 - pile.numbers)).inputs.sequence_sha256 != first.sequence_sha256
    assert certificate(source, replace(pile, model_hash="n" * 32)).inputs.model_hash != first.model_hash


def test_a_changed_file_is_no_certificate(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 200)
    made = certificate(source, answers(source, reviews))
    file = keep_certificate(pile_folder(source), made)
    for content in (file.read_bytes().replace(b'"max_error": 0.02', b'"max_error": 0.01'), b"{", b"[" * 9999):
        file.write_bytes(content)
        assert read_certificate(pile_folder(source), made.id) is None
    assert read_certificate(pile_folder(source), "../decisions") is None
    assert read_certificate(pile_folder(source), "") is None


def test_a_diverged_model_certifies_nothing(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 30)
    pile = answers(source, reviews)
    nothing = replace(pile, logits=np.full((30, 2), np.nan, np.float32))
    audit(source, reviews, range(30))
    found = certificate(source, nothing)
    assert not found.certified and found.thresholds == () and found.to_json()["needed"] is None


def test_a_pile_that_is_too_small_is_never_certified(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 120)
    audit(source, reviews, range(120))
    found = certificate(source, answers(source, reviews))
    assert not found.certified and found.inputs.counted < found.fewest


def test_other_promises(tmp_path: Path) -> None:
    source, reviews = pile_file(tmp_path, 400)
    pile = answers(source, reviews)
    audit(source, reviews, sequence(pile)[:150])
    assert not certificate(source, pile).certified
    assert certificate(source, pile, max_error=0.1).certified
    lax = certificate(source, pile, max_error=0.05, confidence=0.8)
    assert lax.certified and lax.fewest < 68
