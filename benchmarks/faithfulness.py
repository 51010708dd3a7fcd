"""How far the words that an explanation names carry a prediction, beside random words, as many (DeYoung et al. 2020).

Comprehensiveness is how much the probability of the label falls without the words: the more, the better. Sufficiency is
how much it falls if only they are left: the less, the better. Words are masked, and also deleted, among the tokens, so
no text is tokenized anew. For one word, masking and comprehensiveness are what the words were chosen by; every other
figure is another question than the one that chose them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.inference.explain import explain
from core.inference.explain_tokens import ReadPart, ReadReview, read_review, tokens_of
from core.inference.explanation import Explanation
from core.inference.metrics import probabilities_of
from core.inference.predictor import Predictor

COUNTS = (1, 3, 5)
"""How many words are taken away or kept."""
MEASURES = ("comprehensiveness, masked", "comprehensiveness, deleted", "sufficiency, masked", "sufficiency, deleted")
_DRAWS = 4
"""Draws of random words for each review; their mean counts once."""
_RESAMPLES = 10_000

Found = dict[tuple[int, str], tuple[float, float]]
"""(words, measure) → how much the probability falls with the explanation's words, and with random ones."""


@dataclass(frozen=True)
class Interval:
    """A mean over reviews of what the explanation's words do better than random ones, with its 95 % interval."""

    reviews: int
    explained: float
    """Mean of the probability's fall with the explanation's words."""
    random: float
    difference: float
    """How much better the explanation's words are: positive, whatever the measure."""
    low: float
    high: float


def faithfulness(predictor: Predictor, review: str, seed: int) -> tuple[Explanation, Found]:
    """Explain one review, and measure its words and random ones. Reviews with few words have few counts."""
    found = explain(predictor, review)
    read = read_review(predictor.tokenizer, predictor.special_tokens, review)
    order = _order(found, read)
    column = predictor.labels.index(found.label)
    keys: list[tuple[int, str, bool]] = []
    variants: list[np.ndarray] = []
    chance = random.Random(seed)
    for count in COUNTS:
        if len(read.words) < 2 * count or len(order) < count:
            continue
        draws = [chance.sample(read.words, count) for _ in range(_DRAWS)]
        for words, of_explanation in [(order[:count], True), *((draw, False) for draw in draws)]:
            tokens = tokens_of(words)
            others = read.others(tokens)
            made = (read.masked(tokens), read.deleted(tokens), read.masked(others), read.deleted(others))
            keys += [(count, measure, of_explanation) for measure in MEASURES]
            variants += made
    if not variants:
        return found, {}
    falls = found.probability - probabilities_of(predictor.logits_of(variants))[:, column]
    own, drawn = _means(keys, falls, True), _means(keys, falls, False)
    return found, {key: (own[key], drawn[key]) for key in own}


def _order(found: Explanation, read: ReadReview) -> list[ReadPart]:
    """Return the words that were looked into, the one that supports the label most first."""
    by_start = {word.start: word for word in read.words}
    words = sorted((part for part in found.parts if part.unit == "word"), key=lambda part: -part.change)
    return [by_start[part.start] for part in words]


def _means(keys: Sequence[tuple[int, str, bool]], falls: np.ndarray, own: bool) -> dict[tuple[int, str], float]:
    gathered: dict[tuple[int, str], list[float]] = {}
    for (count, measure, of_explanation), fall in zip(keys, falls, strict=True):
        if of_explanation is own:
            gathered.setdefault((count, measure), []).append(float(fall))
    return {key: sum(values) / len(values) for key, values in gathered.items()}


def interval(pairs: Sequence[tuple[float, float]], measure: str) -> Interval:
    """Return the mean difference over reviews with its interval: a paired bootstrap, bias-corrected and accelerated."""
    own, drawn = np.array(pairs).T
    better = own - drawn if measure.startswith("comprehensiveness") else drawn - own
    found = stats.bootstrap((better,), np.mean, n_resamples=_RESAMPLES, rng=np.random.default_rng(0))
    low, high = found.confidence_interval
    return Interval(len(pairs), float(own.mean()), float(drawn.mean()), float(better.mean()), float(low), float(high))
