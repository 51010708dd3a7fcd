"""What a certificate says, in words: what may be labelled, on which evidence, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.formatting import counted

if TYPE_CHECKING:
    from core.triage.certificate.certificate import Certificate, Threshold


def verdict(made: Certificate) -> str:
    """Return the promise: "82 % can be labelled automatically: at most 2 % errors, 95 % sure, however often …"."""
    best = made.best
    if best is None:
        return f"Nothing can be labelled automatically yet with at most {share(made.max_error)} errors."
    return (
        f"{best.coverage:.0%} can be labelled automatically, those from {best.threshold:.3f} on: at most "
        f"{share(made.max_error)} errors, {share(made.confidence)} sure, however often you looked."
    )


def refusal(made: Certificate) -> str:
    """Return one sentence that says why nothing was labelled, and how many audits are needed."""
    first = made.next
    if first is None:
        return "Nothing was labelled: the model has no usable answer about any review of this pile."
    if made.inputs.counted <= made.fewest:
        return (
            f"Nothing was labelled: it takes {counted(made.fewest, 'random review')} without any error, and there are "
            f"{made.inputs.counted:,} different ones in the pile; label them yourself."
        )
    seen = f"{first.errors} of {counted(first.audited, 'audited answer')} that it is surest of" + (
        " was wrong" if first.errors == 1 else " were wrong"
    )
    if first.needed is None:
        return (
            f"Nothing was labelled: {seen}, too many for a promise of {share(made.max_error)}, and no number of audits "
            "would help at this rate; train further, or allow more with --max-error."
        )
    how = "if none of them is wrong" if not first.errors else "at the rate of errors so far"
    more = "more " if made.audits else ""
    lead = f"{seen}, which is not enough" if first.audited else "there is no evidence yet"
    return (
        f"Nothing was labelled: {lead}; about {first.needed:,} {more}random reviews are needed (an estimate: {how}), "
        "labelled in blind mode, in the order 'random' or as they come up in another order."
    )


def evidence_lines(made: Certificate) -> list[str]:
    """Return what the evidence is, and what is not counted and why."""
    shown = made.best or made.next
    lines = [threshold_line(shown)] if shown is not None else []
    if made.unlabelled:
        lines.append(f"{made.unlabelled:,} without a blind label, counted as errors")
    lines += [f"not counted: {count:,}, {reason}" for reason, count in made.left_out.items()]
    if made.elsewhere:
        lines.append(f"{made.elsewhere:,} decided otherwise than at random, no evidence")
    return lines


def threshold_line(shown: Threshold) -> str:
    """Return `2 wrong of 512 audited; at most 1.6 % wrong, taken by itself`."""
    return f"{shown.errors:,} wrong of {shown.audited:,} audited; at most {share(shown.bound)} wrong"


def share(fraction: float) -> str:
    """Return a share in percent, with as many decimals as it takes: 2 %, 0.5 %, 1.63 %."""
    return f"{100 * fraction:.3g} %"
