"""The rules: each looks at the figures of a run and returns what it finds, or None.

Thresholds are those that told apart the recorded runs of tests/core/diagnosis, which were made with known faults and
without; a rule is silent where a sound run could look the same. Here are the rules about losses, scores and the end of
a run.

    update_rules.py     what steps do to the weights
    machine_rules.py    processors, input and memory
"""

from __future__ import annotations

import itertools
import math

from core.base.text import clean_line
from core.diagnosis.finding import Figures, Finding
from core.diagnosis.machine_rules import machine_busy, memory_near_limit, slow_input
from core.diagnosis.update_rules import always_clipped, part_not_learning, updates_too_large, updates_too_small
from core.runs.one_class import one_class_sentence, only_class
from core.runs.records import FinishedRecord, StoppedRecord

_MIN_STEPS = 20
"""Steps before the first of which nothing is said about losses."""
_USUAL_RATES = {False: (5e-6, 2e-4), True: (1e-4, 3e-2)}
"""Whether only the head is trained → the learning rates that are usual."""
_TO_TRY = {False: "3e-05", True: "0.002"}


def not_finite(run: Figures) -> Finding | None:
    """The loss is no number any more."""
    losses = run.history.steps.column("loss")
    if math.isfinite(sum(losses)):
        return None
    bad = next((run.history.steps[at].step for at, loss in enumerate(losses) if not math.isfinite(loss)), None)
    if bad is None:
        return None
    return Finding(
        "diverged",
        f"The training loss is no longer a number since step {bad:,}.",
        f"Train with a lower learning rate than {run.peak_rate:.1e}, or in fp32.",
        {"learning_rate": f"{run.peak_rate / 5:.1e}"},
    )


def diverging(run: Figures) -> Finding | None:
    """The smoothed training loss rises far above its lowest value."""
    losses = run.losses
    if len(losses) < 2 * _MIN_STEPS or not math.isfinite(losses[-1]):
        return None
    settled = losses[_MIN_STEPS:]
    lowest = min((loss for loss in settled if math.isfinite(loss)), default=math.nan)
    now = losses[-1]
    if not (now > 1.5 * lowest and now - lowest > 0.35 * run.chance_loss):
        return None
    at = run.history.steps[_MIN_STEPS + settled.index(lowest)].step
    return Finding(
        "diverging",
        f"The training loss rises: {lowest:.3f} at step {at:,}, {now:.3f} now.",
        "Lower the learning rate.",
        {"learning_rate": f"{run.peak_rate / 3:.1e}"},
    )


def not_learning(run: Figures) -> Finding | None:
    """The model is no better than the majority guess, and the training loss does not fall."""
    history, found = run.history, run.evaluations
    majority = history.plan.majority if history.plan is not None else None
    if not found or majority is None or len(run.losses) < _MIN_STEPS or run.progress < 0.3:
        return None
    best = max(one.accuracy for one in found)
    last = found[-1]
    guess = majority.accuracy
    if best > guess + run.half_width(guess) or not run.losses[-1] > 0.9 * run.chance_loss or _begins_to_learn(run):
        return None
    rate, (low, high) = run.peak_rate, _USUAL_RATES[run.frozen]
    sentence = (
        f"Nothing is learned: accuracy {last.accuracy:.3f}, and always answering the most frequent class gives "
        f"{guess:.3f}; training loss {run.losses[-1]:.3f}."
    )
    if rate > high:
        advice = f"The learning rate of {rate:.1e} is high: try {_TO_TRY[run.frozen]}."
    elif rate < low:
        advice = f"The learning rate of {rate:.1e} is low: try {_TO_TRY[run.frozen]}."
    else:
        return Finding("not learning", sentence, "Look at the labels on Data, or train more layers.")
    return Finding("not learning", sentence, advice, {"learning_rate": _TO_TRY[run.frozen]})


def _begins_to_learn(run: Figures) -> bool:
    """Return whether a run with many steps to come has a training loss below that of guessing, and falling."""
    now, before = run.losses[-1], run.losses[len(run.losses) // 2]
    return run.progress < 0.7 and now < 0.99 * run.chance_loss and now < 0.985 * before


def one_class(run: Figures) -> Finding | None:
    """All validation reviews are given one class, although something else was to be learned."""
    kept = run.history.best
    sentence = one_class_sentence(kept.per_class) if kept is not None else ""
    if not sentence or run.progress < 0.3:
        return None
    return Finding("one class", sentence, "Balance the classes.", {"class_weights": "balanced"})


def class_never_given(run: Figures) -> Finding | None:
    """A class is given to no validation review of it."""
    kept = run.history.best
    if kept is None or run.progress < 0.5 or only_class(kept.per_class) is not None:
        return None
    missed = [name for name, one in kept.per_class.items() if one.rows >= 3 and one.recall == 0]
    if not missed:
        return None
    names = ", ".join(f"“{clean_line(name, 30)}” ({kept.per_class[name].rows:,})" for name in missed[:3])
    return Finding(
        "class never found",
        f"None of the validation reviews of {names} is recognised.",
        "Balance the classes, or find more reviews of them.",
        {"class_weights": "balanced"},
    )


def overfitting(run: Figures) -> Finding | None:
    """The validation loss rises while the training loss falls, and accuracy gains nothing by it, or the rise is large.

    A loss that rises a little while accuracy still does is common in sound runs: answers become overconfident.
    """
    found = run.evaluations
    if len(found) < 2 or not run.losses:
        return None
    lowest = min(found, key=lambda one: one.loss)
    last = found[-1]
    if last.step <= lowest.step or not last.loss > 1.1 * lowest.loss + 0.02:
        return None
    if not run.loss_at(last.step) < run.loss_at(lowest.step):
        return None
    if last.accuracy > lowest.accuracy and last.loss < 1.5 * lowest.loss:
        return None
    epochs, plan = max(round(lowest.epoch), 1), run.history.plan
    fewer = plan is None or epochs < plan.epochs
    return Finding(
        "overfitting",
        f"Overfitting since epoch {lowest.epoch:.3g}: validation loss {lowest.loss:.3f} → {last.loss:.3f}, accuracy "
        f"{lowest.accuracy:.3f} → {last.accuracy:.3f}; training loss {run.loss_at(last.step):.3f}.",
        "Try fewer epochs." if fewer else "Try more dropout, or freeze lower layers.",
        {"epochs": f"{epochs}"} if fewer else {},
    )


def still_improving(run: Figures) -> Finding | None:
    """The run ended while the validation loss still fell clearly."""
    found = run.evaluations
    if not run.finished or len(found) < 3:
        return None
    before, last = found[-2], found[-1]
    fell = before.loss - last.loss
    if (last.loss > min(one.loss for one in found) or fell < 0.03 * last.loss + 0.002) and not _falls_steadily(run):
        return None
    return Finding(
        "ended early",
        f"It still learned when it ended: validation loss {before.loss:.3f} → {last.loss:.3f} in the last epoch.",
        "Train for more epochs.",
    )


def _falls_steadily(run: Figures) -> bool:
    """Return whether the validation loss fell at every one of many evaluations, and is still far from low."""
    losses = [one.loss for one in run.evaluations]
    falls = all(after < before for before, after in itertools.pairwise(losses))
    return len(losses) >= 5 and falls and losses[-1] > 0.75 * run.chance_loss


def plateau(run: Figures) -> Finding | None:
    """A run in progress changes neither its training nor its validation loss any more."""
    found = run.evaluations
    if run.history.end is not None or len(found) < 5 or run.progress > 0.8 or not run.losses:
        return None
    recent = [one.loss for one in found[-4:]]
    step = found[-4].step
    before, now = run.loss_at(step), run.loss_at(found[-1].step)
    if max(recent) - min(recent) > 0.01 * min(recent) or abs(before - now) > 0.02 * before:
        return None
    return Finding(
        "plateau",
        f"Nothing has changed since epoch {found[-4].epoch:.3g}: validation loss {recent[-1]:.3f}, training loss "
        f"{now:.3f}.",
        "Stop it, or train more layers.",
    )


def validation_too_small(run: Figures) -> Finding | None:
    """Too few validation reviews to tell models apart."""
    plan = run.history.plan
    if plan is None or not 0 < plan.validation_rows < 60 or not run.evaluations:
        return None
    accuracy = run.evaluations[-1].accuracy
    points = 100 * run.half_width(min(max(accuracy, 0.05), 0.95))
    return Finding(
        "few validation reviews",
        f"There are only {plan.validation_rows:,} validation reviews: an accuracy of {accuracy:.2f} is known to "
        f"±{points:.0f} points.",
        "Hold out more reviews, or label some more.",
        {"validation_fraction": "0.3"},
    )


def below_baseline(run: Figures) -> Finding | None:
    """The run has ended clearly below the baseline."""
    kept, baseline = run.history.best, run.baseline
    if not run.finished or kept is None or baseline is None:
        return None
    if not kept.accuracy < baseline.accuracy - run.half_width(baseline.accuracy):
        return None
    return Finding(
        "below the baseline",
        f"Accuracy {kept.accuracy:.3f} is below that of the baseline, {baseline.accuracy:.3f}.",
        "Use the baseline, or another learning rate.",
        {"learning_rate": _TO_TRY[run.frozen]},
    )


def ended_far_before(run: Figures) -> Finding | None:
    """Early stopping or the user ended the run while many of its steps, and of its learning rate, were to come."""
    history = run.history
    planned, end = history.planned_steps, history.end
    if not planned or not history.steps or not isinstance(end, FinishedRecord | StoppedRecord) or run.progress > 0.6:
        return None
    last = history.steps[-1]
    left = f"its learning rate was still {last.learning_rate / run.peak_rate:.0%} of the highest"
    made = f"{history.step:,} of {planned:,} planned steps"
    changes = {"epochs": f"{math.ceil(last.epoch)}"}
    if isinstance(end, StoppedRecord):
        return Finding(
            "ended far before its plan",
            f"It was stopped after {made}: {left}.",
            "Resume it for the rest, or plan fewer epochs: models usually gain while the learning rate falls.",
            changes,
        )
    patience = run.settings.get("early_stopping_patience")
    gains = f"{patience} evaluation{'s' if patience != 1 else ''} without a gain" if patience else "no gain"
    return Finding(
        "ended far before its plan",
        f"Early stopping ended it after {made}, for {gains}: {left}.",
        "Plan about as many epochs as it made, so that the learning rate falls to its end, or raise "
        "early_stopping_patience.",
        changes,
    )


RULES = (
    not_finite,
    diverging,
    not_learning,
    one_class,
    class_never_given,
    overfitting,
    updates_too_large,
    updates_too_small,
    part_not_learning,
    memory_near_limit,
    machine_busy,
    slow_input,
    always_clipped,
    below_baseline,
    still_improving,
    ended_far_before,
    plateau,
    validation_too_small,
)
"""In the order of their weight: what they find is said in this order."""
_REPLACES = {
    "diverged": {"diverging", "not learning", "one class", "overfitting"},
    "not learning": {"one class", "plateau", "below the baseline"},
    "diverging": {"overfitting", "plateau"},
    "one class": {"class never found"},
    "part not learning": {"updates too small", "not learning"},
    "updates too large": {"not learning", "one class", "plateau", "below the baseline"},
    "updates too small": {"not learning", "one class", "plateau", "below the baseline", "ended early"},
}
"""What is found → what need not be said, too."""


def diagnose(run: Figures) -> list[Finding]:
    """Return what the figures of a run say, the weightiest first; empty if there is nothing to say."""
    if run.history.plan is None or run.history.plan.method == "baseline":
        return []
    found = [finding for rule in RULES if (finding := rule(run)) is not None]
    said = {one.kind for one in found}
    unneeded = set().union(*(_REPLACES.get(kind, set()) for kind in said))
    return [one for one in found if one.kind not in unneeded]
