"""Which of its teacher's layers a student begins with, and which it imitates. Layers are counted from 1, the lowest.

Two ways to begin are known to work, and which is better depends on the data:

    lower         the lower half. Losses that compare logits and hidden states learn best from there (Wang et al. 2023,
                  "How to Distill your BERT", ACL short papers 157)
    alternating   evenly spaced from the lowest to the highest, as DistilBERT begins (Sanh et al. 2019): of 12 layers
                  1, 3, 5, 8, 10 and 12
"""

from __future__ import annotations

from typing import Literal

Beginning = Literal["lower", "alternating"]


def beginnings(of: int, kept: int) -> dict[Beginning, tuple[int, ...]]:
    """Return the layers of a teacher with `of` layers that a student with `kept` begins with, each choice once."""
    lower = tuple(range(1, kept + 1))
    step = (of - 1) / (kept - 1) if kept > 1 else 0.0
    alternating = tuple(round(number * step) + 1 for number in range(kept))
    return {"lower": lower} if alternating == lower else {"lower": lower, "alternating": alternating}


def imitated(of: int, kept: int) -> tuple[int, ...]:
    """Return the teacher's layer that each layer of the student imitates: evenly spaced, up to the highest.

    They are the same however the student begins: PKD-Skip of Sun et al. 2019, which imitates layers 2, 4, …, 12.
    """
    return tuple(max(round(number * of / kept), 1) for number in range(1, kept + 1))
