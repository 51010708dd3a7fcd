"""What a number of validation rows can show. It loads no heavy library; `core/comparison/foresee.py` computes it."""

from __future__ import annotations

import msgspec


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    """What a number of validation rows can show. Differences are fractions."""

    rows: int
    """Different texts to validate on."""
    accuracy: float
    """That both models are taken to have."""
    accuracy_of: str
    """The run whose accuracy it is; empty if it is an assumption."""
    discordant: float
    """The share of rows that exactly one of two such models is expected to get right."""
    smallest_visible: float | None
    """The smallest true difference that 80 of 100 comparisons see; None if so few rows show none."""
    spread: float
    """The standard deviation over seeds that is expected."""
    spread_of: str
    """The group that it was seen in; empty if it is an assumption."""
    difference: float | None = None
    """The difference that the user wants to see."""
    rows_needed: int | None = None
    """Validation rows that show it, for two models; None if more than ten million, or if none was asked for."""
    seeds_needed: int | None = None
    """Seeds of each that show it, for two settings; None if more than a thousand, or if none was asked for."""
