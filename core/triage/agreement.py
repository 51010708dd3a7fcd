"""How fast decisions are made, and how people and models agree: figures that the log alone gives.

A figure about a model counts each text once, and no text that came up for what a model says of it: such reviews are
chosen because they are hard, so agreement on them says nothing of the pile. What counts came up at random, as an audit,
or in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from core.inference.metrics import calibration_error, calibration_null_band
from core.statistics.error_evidence import anytime_bound
from core.statistics.kappa import agreement
from core.triage.agreement_report import (
    CONFIDENCE,
    IDLE_SECONDS,
    Agreed,
    Audits,
    Calibration,
    Conflict,
    DecisionFigures,
    ModelFigures,
    PeopleFigures,
    Rate,
)
from core.triage.audit import UNCHOSEN
from core.triage.decision import DECIDED, Decision
from core.triage.history import History


def figures_of(history: History, names: Mapping[str, str]) -> DecisionFigures:
    """Return what a log says about the work on a pile.

    Args:
        names: Id of a run → its name.
    """
    current = history.decided()
    by_hand = [one for one in standing(history) if one.source == "human"]
    labelled = [one for one in current if one.labelled]
    states = Counter(one.state for one in current)
    models = dict.fromkeys((one.model or "", one.model_hash or "") for one in reversed(by_hand) if one.predicted)
    return DecisionFigures(
        states={state: states[state] for state in DECIDED},
        sources=dict(Counter(one.source for one in labelled)),
        labels=dict(sorted(Counter(one.verdict for one in labelled).items())),
        texts=len({one.hash for one in current}),
        noted=len(history.noted()),
        conflicts=len(history.conflicts()),
        rate=rate_of(by_hand),
        models=tuple(
            _about_model(model, model_hash, names.get(model, ""), _of(by_hand, model, model_hash), history)
            for model, model_hash in models
        ),
    )


def standing(history: History) -> list[Decision]:
    """Return every decision that has not been undone, in the order in which they were made."""
    return [one for operation in reversed(history.recent(history.events)) for one in operation.decisions]


def rate_of(decisions: Iterable[Decision]) -> Rate:
    """Return how fast decisions were made with the reviews in view."""
    taken = [one.seconds for one in decisions if one.state != "undecided"]
    seconds = sum(min(one, IDLE_SECONDS) for one in taken)
    return Rate(
        decisions=len(taken),
        seconds=round(seconds, 3),
        idle=sum(one > IDLE_SECONDS for one in taken),
        per_hour=round(3600 * len(taken) / seconds, 1) if seconds > 0 else None,
    )


def compare_people(one: History, other: History) -> PeopleFigures:
    """Compare what two people said about the same texts; labels that a model gave are nobody's."""
    a, b = _verdicts(one), _verdicts(other)
    both = [(a[text], b[text]) for text in a if text in b]
    labelled = [(x, y) for x, y in both if x.labelled and y.labelled]
    blind_a, blind_b = _first_blind(one), _first_blind(other)
    return PeopleFigures(
        all=_agreed((x.verdict, y.verdict) for x, y in labelled),
        blind=_agreed((blind_a[text].verdict, blind_b[text].verdict) for text in blind_a if text in blind_b),
        unlike=sum(x.labelled != y.labelled for x, y in both),
        only_one=len(a.keys() - b.keys()),
        only_other=len(b.keys() - a.keys()),
        conflicts=tuple(_conflict(x, y) for x, y in labelled if x.verdict != y.verdict),
    )


def _about_model(
    model: str, model_hash: str, name: str, decisions: Sequence[Decision], history: History
) -> ModelFigures:
    labels = [one for one in decisions if one.labelled]
    counted = [one for one in labels if one.audit or one.order in UNCHOSEN]
    blind: dict[str, Decision] = {}
    for one in counted:
        if one.blind:
            blind.setdefault(one.hash, one)
    revealed = {one.hash: one for one in counted if not one.blind and one.hash not in blind}
    audits = sorted(_of(history.audits(), model, model_hash), key=lambda one: one.number)
    wrong = np.array([one.verdict != one.predicted for one in audits], dtype=np.bool_)
    return ModelFigures(
        model=model,
        name=name,
        model_hash=model_hash,
        blind=_agreed(map(_with_prediction, blind.values())),
        revealed=_agreed(map(_with_prediction, revealed.values())),
        chosen=len({one.hash for one in labels} - blind.keys() - revealed.keys()),
        audits=Audits(audits=len(wrong), errors=int(wrong.sum()), bound=anytime_bound(wrong, CONFIDENCE)),
        calibration=_calibration(audits, lambda one: one.probability),
        calibrated=_calibration(audits, lambda one: one.calibrated),
    )


def _calibration(audits: Sequence[Decision], probability: Callable[[Decision], float | None]) -> Calibration | None:
    known = [(share, one.verdict == one.predicted) for one in audits if (share := probability(one)) is not None]
    if not known:
        return None
    confidence, correct = (np.array(column, dtype=np.float64) for column in zip(*known, strict=True))
    mean, high = calibration_null_band(confidence)
    return Calibration(rows=len(known), ece=calibration_error(confidence, correct), null_mean=mean, null_95=high)


def _of(decisions: Iterable[Decision], model: str, model_hash: str) -> list[Decision]:
    """Return the decisions that were made beside a prediction of a model."""
    whose = (model, model_hash)
    return [one for one in decisions if one.predicted and (one.model or "", one.model_hash or "") == whose]


def _with_prediction(one: Decision) -> tuple[str, str]:
    return one.verdict, one.predicted or ""


def _verdicts(history: History) -> dict[str, Decision]:
    return {one.hash: one for one in history.verdicts() if one.source != "model"}


def _first_blind(history: History) -> dict[str, Decision]:
    """Return the first label of each text that was given before a prediction was seen, or without there being one."""
    first: dict[str, Decision] = {}
    for one in standing(history):
        if one.labelled and one.source == "human" and (one.blind or one.predicted is None):
            first.setdefault(one.hash, one)
    return first


def _agreed(pairs: Iterable[tuple[str, str]]) -> Agreed:
    found = agreement(pairs)
    return Agreed(
        rows=found.rows,
        agreed=found.agreed,
        share=found.share,
        share_interval=found.share_interval,
        kappa=found.kappa,
        kappa_interval=found.kappa_interval,
    )


def _conflict(one: Decision, other: Decision) -> Conflict:
    return Conflict(
        hash=one.hash,
        text=one.text,
        file=one.file,
        line=one.line,
        one=one.verdict,
        other=other.verdict,
        columns=one.columns,
    )
