"""Figures about decisions: each from the log alone, each text once, and none from reviews chosen for being hard."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.inference.metrics import expected_calibration_error
from core.statistics.error_rate import fixed_bound
from core.triage.agreement import compare_people, figures_of, rate_of
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog, read_history
from core.triage.exchange.exporting import write_decisions
from core.triage.exchange.opening import open_decisions
from core.triage.history import History

Decide = Callable[..., Decision]
_PILES = count()


def log_of(*decisions: Decision) -> DecisionLog:
    log = DecisionLog(f"pile {next(_PILES)}")
    for one in decisions:
        log.decide(one)
    return log


def history_of(*decisions: Decision) -> History:
    log = log_of(*decisions)
    log.close()
    return log.history


def test_time_beyond_a_minute_on_one_review_is_no_work(decision: Decide) -> None:
    rate = rate_of(decision(row, seconds=seconds) for row, seconds in enumerate((2.0, 4.0, 60.0, 7200.0)))
    assert (rate.decisions, rate.seconds, rate.idle, rate.per_hour) == (4, 126.0, 1, round(4 * 3600 / 126, 1))
    assert rate_of([]).per_hour is None and rate_of([decision(0, seconds=0.0)]).per_hour is None


def test_only_what_a_person_decided_and_did_not_undo_is_work(decision: Decide) -> None:
    log = log_of(decision(0, seconds=10.0), decision(1, seconds=20.0, source="copy"), decision(2, "skip", seconds=30.0))
    log.decide(decision(3, seconds=40.0))
    log.undo()
    log.decide(decision(0, "negative", seconds=5.0))  # thought better of it: that was work, too
    log.bulk([decision(2, "undecided")], "requeue")
    figures = figures_of(log.history, {})
    assert (figures.rate.decisions, figures.rate.seconds) == (3, 45.0)
    assert figures.states == {"label": 2, "skip": 0, "flag": 0, "ambiguous": 0}
    assert figures.sources == {"human": 1, "copy": 1} and figures.labels == {"negative": 1, "positive": 1}
    again, damaged = read_history(log.folder / "decisions.jsonl")
    assert (figures_of(again, {}), damaged) == (figures, 0)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.booleans()), min_size=1, max_size=30))
def test_blind_and_revealed_agreement_are_apart(rows: list[tuple[str, str, bool]]) -> None:
    decided = [
        Decision(
            hash=f"{row:016x}", row=row, file="f", line=row, text="x", verdict=verdict, predicted=predicted, blind=blind
        )
        for row, (verdict, predicted, blind) in enumerate(rows)
    ]
    records = [{"kind": "decide", "number": row + 1, "time": 1.0, **_fields(one)} for row, one in enumerate(decided)]
    (figures,) = figures_of(History(records), {}).models
    for found, blind in ((figures.blind, True), (figures.revealed, False)):
        mine = [(one.verdict, one.predicted) for one in decided if one.blind is blind]
        assert (found.rows, found.agreed) == (len(mine), sum(a == b for a, b in mine))
        if found.kappa is not None:
            assert found.kappa == pytest.approx(cohen_kappa_score(*zip(*mine, strict=True)))


def _fields(one: Decision) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__ if name not in ("number", "time")}


def test_a_text_counts_once_and_by_the_first_answer_that_was_given_blind(decision: Decide) -> None:
    history = history_of(
        decision(0, "negative", blind=True),
        decision(0, "positive"),  # once the prediction was seen
        decision(1, "negative"),
        decision(1, "positive"),
    )
    (figures,) = figures_of(history, {}).models
    assert (figures.blind.rows, figures.blind.agreed) == (1, 0)
    assert (figures.revealed.rows, figures.revealed.agreed) == (1, 1)


def test_reviews_that_came_up_because_they_are_hard_say_nothing_of_the_model(decision: Decide) -> None:
    history = history_of(
        decision(0, "negative", order="uncertainty", blind=True),
        decision(1, "positive", order="uncertainty", blind=True, audit=True),
        decision(2, "positive", order="random", audit=True),
        decision(3, "positive", order="file"),
        decision(4, "negative", order="suspicion"),
    )
    (figures,) = figures_of(history, {}).models
    assert (figures.blind.rows, figures.blind.agreed, figures.revealed.rows, figures.chosen) == (1, 1, 2, 2)
    assert (figures.audits.audits, figures.audits.errors) == (1, 0)  # the other one was not blind


def test_audits_bound_the_error_rate_and_measure_calibration(decision: Decide) -> None:
    shares = [0.55 + 0.45 * (row % 100) / 100 for row in range(200)]
    history = history_of(
        *(
            decision(
                row,
                "positive" if row % 50 else "negative",
                probability=share,
                calibrated=share**0.5,
                audit=True,
                blind=True,
            )
            for row, share in enumerate(shares)
        )
    )
    (figures,) = figures_of(history, {"": "never"}).models
    assert (figures.audits.audits, figures.audits.errors) == (200, 4)
    assert fixed_bound(4, 200, 0.95) < figures.audits.bound < 0.1  # wider than one that may be read only once
    assert figures.calibration is not None and figures.calibrated is not None
    table = np.stack([np.array(shares), 1 - np.array(shares)], axis=1)
    expected = expected_calibration_error(table, np.array([int(row % 50 == 0) for row in range(200)]))
    assert figures.calibration.ece == pytest.approx(expected)
    assert 0 < figures.calibration.null_mean < figures.calibration.null_95 < figures.calibration.ece
    assert figures.calibrated.ece < figures.calibration.ece


def test_each_model_has_its_own_figures_the_latest_first(decision: Decide) -> None:
    history = history_of(
        decision(0, model="r1", model_hash="aa"), decision(1, model="r1", model_hash="bb"), decision(2, model="r2")
    )
    figures = figures_of(history, {"r1": "lab"})
    assert [(one.model, one.model_hash, one.name) for one in figures.models] == [
        ("r2", "", ""), ("r1", "bb", "lab"), ("r1", "aa", "lab")
    ]  # fmt: skip


def test_two_people_are_compared_by_their_texts(decision: Decide) -> None:
    mine = history_of(
        decision(0, "positive", blind=True),
        decision(1, "negative", blind=True),
        decision(2, "positive"),
        decision(3, "skip"),
        decision(4, "positive"),
        decision(6, "positive", source="model"),
    )
    theirs = history_of(
        decision(9, "positive", hash=f"{1:016x}", blind=True),  # the same text elsewhere
        decision(1, "positive", predicted=None, probability=None),
        decision(2, "positive"),
        decision(3, "positive"),
        decision(5, "positive"),
        decision(6, "negative"),
    )
    found = compare_people(mine, theirs)
    assert (found.all.rows, found.all.agreed, found.unlike) == (3, 2, 1)
    assert (found.blind.rows, found.blind.agreed) == (2, 1)
    assert (found.only_one, found.only_other) == (1, 2)  # what a model labelled, nobody did
    assert [(one.text, one.one, one.other) for one in found.conflicts] == [("review 1", "negative", "positive")]
    turned = compare_people(theirs, mine)
    assert turned.all.kappa == found.all.kappa and turned.only_one == found.only_other


def test_a_file_of_decisions_gives_the_same_figures_as_the_log(decision: Decide, tmp_path) -> None:  # type: ignore[no-untyped-def]
    log = log_of(
        decision(0, "negative", blind=True, audit=True, seconds=3.5, model="r1"),
        decision(1, "positive", order="random", audit=True, seconds=2.0, model="r1"),
        decision(2, "skip", seconds=70.0, model="r1"),
    )
    done = write_decisions(log.history, tmp_path / "a.csv", include=("skipped",))
    found = open_decisions(str(done.path))
    assert found.kind == "file" and figures_of(found.history, {}) == figures_of(log.history, {})
    named = open_decisions(str(log.folder))
    assert named.kind == "log" and named.name.startswith("pile ")
    assert figures_of(open_decisions(str(log.folder)).history, {}) == figures_of(log.history, {})
