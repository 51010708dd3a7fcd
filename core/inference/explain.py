"""Explains a prediction by occlusion: mask each word in turn, and measure how the probability changes.

Occlusion yields a direct statement ("without *broken*, negative falls from 0.94 to 0.61") that does not depend on a
theory of attention or gradients. All tokens of a word are masked together. Redundant words, any of which would be
enough, are not detected. Reviews of more than 100 words are masked sentence by sentence first, then word by word in the
two sentences that matter most.
"""

from __future__ import annotations

import re
from typing import Literal

from core.inference.classification import Explanation, Part
from core.inference.metrics import probabilities_of
from core.inference.predictor import Predictor

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*\s*")
_MANY_WORDS = 100
_SENTENCES_LOOKED_INTO = 2

DECIDES = 0.05
"""The least change of the probability that counts as decisive."""


def explain(predictor: Predictor, review: str) -> Explanation:
    """Mask the parts of one review in turn, and return how much each changes the probability of its label."""
    whole = predictor.classify([review])[0]
    words = [(match.start(), match.end()) for match in _WORD.finditer(review) if match[0][0].isalnum()]
    parts = []
    unit: Literal["word", "sentence"] = "word"
    if len(words) > _MANY_WORDS:
        unit = "sentence"
        sentences = [(match.start(), match.end()) for match in _SENTENCE.finditer(review) if match[0].strip()]
        parts = _occlude(predictor, review, sentences, whole.label, whole.probability)
        strongest = sorted(parts, key=lambda part: -abs(part.change))[:_SENTENCES_LOOKED_INTO]
        words = [word for word in words if any(part.start <= word[0] < part.end for part in strongest)]
    parts = [*parts, *_occlude(predictor, review, words, whole.label, whole.probability)]
    decided = any(abs(part.change) >= DECIDES for part in parts)
    note = "" if decided else "No single word decides this."
    return Explanation(whole.label, whole.probability, unit, tuple(parts), note)


def _occlude(
    predictor: Predictor, review: str, spans: list[tuple[int, int]], label: str, probability: float
) -> list[Part]:
    if not spans:
        return []
    mask = predictor.classifier.tokenizer.mask_token or ""
    logits, _ = predictor.logits([review[:start] + mask + review[end:] for start, end in spans])
    column = predictor.labels.index(label)
    without = probabilities_of(logits)[:, column]
    return [
        Part(review[start:end], start, end, probability - float(share))
        for (start, end), share in zip(spans, without, strict=True)
    ]
