"""Which of its teacher's layers a student begins with, and which it imitates. Layers are counted from 1, the lowest.

Two ways to begin are known to work, and which is better depends on the data:

    lower         the lower half. Losses that compare logits and hidden states learn best from there (Wang et al. 2023,
                  "How to Distill your BERT", ACL short papers 157)
    alternating   evenly spaced from the lowest to the highest, as DistilBERT begins (Sanh et al. 2019): of 12 layers
                  1, 3, 5, 8, 10 and 12
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from core.base.errors import InputError
from core.base.text import clean_line

CONFIG = "config.json"
LAYER_COUNTS = ("num_hidden_layers", "n_layers", "num_layers")
"""The names that configs use for the number of layers."""

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


def layers_of(folder: Path) -> int:
    """Return the number of layers of the model in a folder, by its config.

    Raises:
        InputError: The config cannot be read, or does not say.
    """
    try:
        config = dict(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"The config of {clean_line(folder, 160)} cannot be read ({clean_line(error, 80)})."
        ) from error
    found = next((config[name] for name in LAYER_COUNTS if isinstance(config.get(name), int)), 0)
    if found < 1:
        raise InputError(f"The config of {clean_line(folder, 160)} does not say how many layers the model has.")
    return int(found)
