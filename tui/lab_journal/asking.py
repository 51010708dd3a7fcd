"""Verdicts that no kept comparison gives: the engine reads the answers to validation rows that are stored with runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.comparison.judged import Judged, Pair
from core.lab_journal.entry import Entry


def missing(entries: Iterable[Entry], known: Mapping[Pair, Judged]) -> tuple[Pair, ...]:
    """Return the pairs of models that the engine has to judge, each once."""
    pairs = (entry.to_judge for entry in entries)
    return tuple(dict.fromkeys(pair for pair in pairs if pair is not None and pair not in known))


def paired(pairs: Sequence[Pair], found: Sequence[Judged]) -> dict[Pair, Judged]:
    """Return what the engine answered, by pair."""
    return dict(zip(pairs, found, strict=True))
