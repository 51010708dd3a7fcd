"""What a certificate says, in words: what may be labelled, on which evidence, what is missing, how it does since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.formatting import counted

if TYPE_CHECKING:
    from core.inference.temperature import Temperature
    from core.triage.certificate.certificate import Certificate, Threshold
    from core.triage.certificate.watching import Watch

LABELS_FOR_A_TEMPERATURE = 150


def promise(max_error: float, confidence: float) -> str:
    """Return `at most 2 % wrong, 95 % sure, however often you look`."""
    return f"at most {share(max_error)} wrong, {share(confidence)} sure, however often you look"


def verdict(made: Certificate) -> str:
    """Return what may be labelled, in a sentence."""
    best = made.best
    if best is None:
        return f"Nothing can be labelled automatically yet with {promise(made.max_error, made.confidence)}."
    return (
        f"{best.coverage:.0%} can be labelled automatically, where the model gives at least {best.threshold:.3f}: "
        f"{promise(made.max_error, made.confidence)}."
    )


def refusal(made: Certificate) -> str:
    """Return one sentence that says why nothing was labelled, and how many audits are needed."""
    how = "labelled in blind mode as they come up"
    return f"Nothing was labelled: {missing(made)}" + (f", {how}." if _can_be_had(made) else ".")


def missing(made: Certificate) -> str:
    """Return what is missing for the next threshold, as a part of a sentence: how many audits, by which estimate."""
    following = made.next
    if following is None:
        return "the model has no usable answer about any review of this pile"
    if made.inputs.counted <= made.fewest:
        return (
            f"it takes {counted(made.fewest, 'random review')} without any error, and there are "
            f"{made.inputs.counted:,} different ones in the pile; label them yourself"
        )
    if following.needed is None:
        return (
            f"{seen(following)}, too many for {share(made.max_error)}; at this rate no number of audits would help: "
            "train further, or allow more errors"
        )
    how = "at the rate of errors so far" if following.errors else "if none of them is wrong"
    lead = f"{seen(following)}, which is not enough" if following.audited else "there is no evidence yet"
    more = "more " if made.audits else ""
    left = made.inputs.counted - made.audits
    beyond = f", and only {left:,} are left" if following.needed > left else ""
    return f"{lead}; about {following.needed:,} {more}random reviews are needed (an estimate: {how}){beyond}"


def _can_be_had(made: Certificate) -> bool:
    return made.next is not None and made.inputs.counted > made.fewest and made.next.needed is not None


def seen(threshold: Threshold) -> str:
    """Return `2 of the 92 audited answers that it is surest of were wrong`."""
    if threshold.audited == 1:
        return f"the audited answer that it is surest of was {'wrong' if threshold.errors else 'right'}"
    were = "was" if threshold.errors == 1 else "were"
    return f"{threshold.errors:,} of the {threshold.audited:,} audited answers that it is surest of {were} wrong"


def not_counted(made: Certificate) -> list[str]:
    """Return which reviews are no evidence or count as errors, and why; one line for each reason."""
    lines = []
    if made.unlabelled:
        lines.append(f"{made.unlabelled:,} of them without such a label: counted as errors")
    lines += [f"{count:,} not counted: {reason}" for reason, count in made.left_out.items()]
    if made.elsewhere:
        lines.append(f"{made.elsewhere:,} not counted: they did not come up at random")
    return lines


def evidence(shown: Threshold) -> str:
    """Return `2 wrong of 512 audited; at most 1.6 % wrong`."""
    return f"{shown.errors:,} wrong of {shown.audited:,} audited; at most {share(shown.bound)} wrong"


def calibration(temperature: Temperature | None, labels: int) -> str:
    """Return whether probabilities are calibrated, on what, and what it does for them.

    Args:
        labels: Labels of random reviews of the pile.
    """
    if temperature is None:
        return f"not calibrated: {labels:,} of {LABELS_FOR_A_TEMPERATURE} random labels"
    day = f", {temperature.day}" if temperature.day else ""
    null = temperature.ece_null_95
    band = f" (calibrated: up to {null:.3f})" if null is not None else ""
    return (
        f"temperature {temperature.temperature:.2f} from {temperature.rows:,} labels{day}; "
        f"ECE {temperature.ece:.3f} → {temperature.ece_with_temperature:.3f}{band}"
    )


def watched(found: Watch) -> str:
    """Return how a certificate does since a pile was labelled with it."""
    if found.withdrawn:
        return (
            f"WITHDRAWN: {found.errors:,} of {found.audited:,} audited were wrong, more than "
            f"{share(found.certificate.max_error)} allows"
        )
    if not found.audited:
        return f"{counted(found.watched, 'review')} of it will come up again to be audited"
    were = "was" if found.errors == 1 else "were"
    return f"{found.audited:,} of {found.watched:,} audited, {found.errors:,} {were} wrong: the promise stands"


def share(fraction: float) -> str:
    """Return a share in percent with three digits at most: 2 %, 0.5 %, 1.63 %."""
    return f"{100 * fraction:.3g} %"
