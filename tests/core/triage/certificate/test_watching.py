"""What is audited after a pile was labelled: errors that break the promise withdraw the certificate, others do not."""

from __future__ import annotations

from math import log

import msgspec
import numpy as np
import pytest

from core.statistics.error_evidence import log_evidence_above, shows_more_errors
from core.triage.certificate.certificate import Certificate, Inputs
from core.triage.certificate.certifying import alarm_of
from core.triage.certificate.watching import Watch, watch
from core.triage.decision import Decision
from core.triage.history import History
from core.triage.operation import Operation, write_operation

WATCHED = 200


def a_certificate(watched: int = WATCHED) -> Certificate:
    inputs = Inputs(
        source="pile.csv", data_hash="", reviews=5000, counted=5000, run="", run_name="", model_hash="",
        logits_sha256="", groups_sha256="", sequence_sha256="",
        learned=0, learned_sha256="", log_bytes=0, log_sha256="",
    )  # fmt: skip
    return Certificate(
        made=0.0, max_error=0.02, confidence=0.95, inputs=inputs, at_hand=500, thresholds=(), certified_thresholds=0,
        fewest=171, audits=500, unlabelled=0, left_out={}, elsewhere=0, alarm=alarm_of(watched, 0.02, 0.95),
        watched={f"{number:016x}": "positive" for number in range(watched)},
    )  # fmt: skip


def decided(number: int, verdict: str, **fields: object) -> Decision:
    about = {"hash": f"{number:016x}", "row": number, "file": "pile.csv", "line": number + 2, "text": "a review"}
    return Decision(**(about | {"verdict": verdict} | fields))  # type: ignore[arg-type]


def history(*operations: Operation) -> History:
    found = History()
    for number, one in enumerate(operations, start=1):
        for record in write_operation(one):
            found.apply(record | {"number": number, "time": float(number)})
    return found


def watched(verdicts: list[str], **fields: object) -> Watch:
    """What is said after the labelling, which is the first operation."""
    labelling = Operation(kind="bulk", why="auto-label", decisions=(decided(900, "positive", source="model"),))
    said = [
        Operation(kind="decide", decisions=(decided(number, verdict, **fields),))
        for number, verdict in enumerate(verdicts)
    ]
    found = history(labelling, *said)
    labelled = found.recent(len(said) + 1)[-1]
    return watch(a_certificate(), labelled, found)


def test_right_answers_leave_it_standing() -> None:
    found = watched(["positive"] * 100)
    assert (found.audited, found.errors, found.withdrawn, found.watched) == (100, 0, False, WATCHED)


def test_errors_that_break_the_promise_withdraw_it() -> None:
    assert watched(["negative"] * 3).withdrawn
    assert not watched(["negative"]).withdrawn
    late = watched(["positive"] * 40 + ["negative"] * 8)
    assert (late.audited, late.errors, late.withdrawn) == (48, 8, True)


def test_once_withdrawn_it_stays_so() -> None:
    assert watched(["negative"] * 3 + ["positive"] * 190).withdrawn


def test_it_is_the_same_test_as_the_statistics_have() -> None:
    generator = np.random.default_rng(1)
    for rate in (0.02, 0.05, 0.1, 0.3):
        for _ in range(5):
            wrong = generator.random(WATCHED) < rate
            found = watched(["negative" if one else "positive" for one in wrong])
            assert found.withdrawn == shows_more_errors(wrong, 0.02, 0.95)


@pytest.mark.parametrize("most", [0, 1, 5, 200])
def test_the_alarm_says_among_how_many_audits_errors_are_too_many(most: int) -> None:
    alarm = alarm_of(most, 0.02, 0.95)
    assert list(alarm) == sorted(alarm) and len(alarm) <= most
    for errors, among in enumerate(alarm, start=1):
        if among:
            assert log_evidence_above(among, errors, 0.02) >= log(20)
        if among < most and among >= errors:
            assert log_evidence_above(among + 1, errors, 0.02) < log(20)


def test_only_what_a_person_said_of_it_later_counts() -> None:
    for fields in ({"source": "model"}, {"source": "copy"}, {"state": "skip"}):
        assert watched(["negative"] * 5, **fields).audited == 0
    assert watched(["negative"] * 3, blind=False).withdrawn, "an answer in view hides errors, but makes none"
    before = history(
        *(Operation(kind="decide", decisions=(decided(number, "negative"),)) for number in range(5)),
        Operation(kind="bulk", why="auto-label", decisions=(decided(900, "positive", source="model"),)),
    )
    assert watch(a_certificate(), before.recent(1)[0], before).audited == 0


def test_what_is_not_watched_does_not_count() -> None:
    few = msgspec.structs.replace(a_certificate(), watched={"0" * 16: "positive"})
    found = history(*(Operation(kind="decide", decisions=(decided(number, "negative"),)) for number in range(50)))
    assert watch(few, Operation(kind="bulk", number=0), found).audited == 1
