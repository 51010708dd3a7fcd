"""When to stop: whether successive models still differ on a fixed set of unlabelled reviews.

The set is the beginning of the pile's random sequence, which depends on nothing but the texts and the pile. Kappa of
successive models on such a set tells when more labels change little (Bloodgood and Vijay-Shanker 2009): they stop once
its mean over three steps is 0.99. It says nothing of how good the models are: a model that learns nothing any more from
one kind of review may still be wrong about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from core.comparison.stored import name_of
from core.learning.answers import Array, ask_model
from core.learning.lesson import runs_of_pile
from core.learning.outcome_report import Stability, Step
from core.learning.root import Progress
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder, runs_home
from core.statistics.kappa import agreement
from core.triage.audit import audit_key, audit_numbers, random_sequence
from core.triage.texts.kept import facts_of

SET = 1_000
"""Reviews of the fixed set, if the pile has as many."""
STABLE, STEPS = 0.99, 3
"""The mean kappa, and the steps that it is taken over."""


def stability_of(pile: str, reviews: Reviews, progress: Progress) -> Stability | None:
    """Return how the successive models of a pile agree; None if there are not two.

    Args:
        reviews: The pile, read without labels.
    """
    chain = _chain(pile)
    if len(chain) < 2:
        return None
    rows = fixed_set(pile, reviews, progress)
    answers = [ask_model(run, reviews, rows, progress).names() for run, _ in chain]
    steps = tuple(_step(chain[at][0], chain[at + 1], answers[at], answers[at + 1]) for at in range(len(chain) - 1))
    recent = [one.kappa for one in steps[-STEPS:] if one.kappa is not None]
    stable = len(recent) == STEPS and fmean(recent) >= STABLE
    return Stability(rows=len(rows), steps=steps, stable=stable, sentence=_sentence(steps, stable))


def fixed_set(pile: str, reviews: Reviews, progress: Progress) -> Array:
    """Return the rows of the fixed set, in the order of the random sequence."""
    groups = facts_of(reviews, progress).groups
    return random_sequence(groups, audit_numbers(reviews.hashes, audit_key(pile)))[:SET]


def _chain(pile: str) -> list[tuple[RunFolder, int]]:
    """Return the models in the order in which they were trained, with the decisions that each has learned from.

    It begins with the run that the first lesson was given to.
    """
    taught = [one for one in runs_of_pile(pile) if _has_model(one.run)]
    if not taught:
        return []
    first = RunFolder(runs_home() / taught[0].lesson.parent)
    begin = [(first, 0)] if _has_model(first) else []
    return [*begin, *((one.run, one.lesson.decided) for one in taught)]


def _has_model(run: RunFolder) -> bool:
    return (run.model / "config.json").is_file()


def _step(before: RunFolder, after: tuple[RunFolder, int], a: Sequence[str], b: Sequence[str]) -> Step:
    found = agreement(zip(a, b, strict=True))
    run, decided = after
    return Step(
        before=before.id,
        after=run.id,
        name=name_of(run),
        decided=decided,
        rows=found.rows,
        agreement=found.share if found.share is not None else 1.0,
        kappa=found.kappa,
        kappa_interval=found.kappa_interval,
    )


def _sentence(steps: Sequence[Step], stable: bool) -> str:
    last = steps[-1]
    rows = f"{last.rows:,} fixed reviews"
    if stable:
        return f"The last {STEPS} models agree on {rows} (mean kappa {STABLE} or more): more labels change little."
    changed = f"The last step changed {1 - last.agreement:.1%} of {rows}"
    kappa = f" (kappa {last.kappa:.3f})" if last.kappa is not None else ""
    if len(steps) < STEPS:
        return f"{changed}{kappa}; after {STEPS} steps it can be said whether more labels change little."
    return f"{changed}{kappa}: more labels still change the model."
