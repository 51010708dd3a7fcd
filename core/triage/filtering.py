"""Finds the reviews of a pile that fit a filter: all at once, in columns, where the data is.

Shapes: N rows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from core.base.errors import InputError
from core.reviews.reading import Reviews
from core.scores.scores import Scores
from core.triage.decision import Decision, Note
from core.triage.filters import Filter, Term
from core.triage.ranking import margins, same_classes
from core.triage.texts.kept import TextFacts

Array = np.ndarray[Any, Any]

_ORDERS: dict[str, Callable[[Array, float], Array]] = {
    **{"=": operator.eq, "!=": operator.ne},
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
}


class Searched(Protocol):
    """A pile with all that filters ask for."""

    reviews: Reviews

    @property
    def facts(self) -> TextFacts: ...

    def scores(self) -> Scores:
        """Return what the model says so far.

        Raises:
            InputError: There is no model.
        """

    def second_scores(self) -> Scores:
        """Return what the second model says so far.

        Raises:
            InputError: There is none.
        """

    def decisions(self) -> Sequence[Decision]:
        """Return the current decisions."""

    def notes(self) -> Iterable[Note]:
        """Return the notes about reviews in the file."""


@dataclass(frozen=True)
class _Column:
    """What a term is about."""

    values: Array
    """[N]"""
    known: Array | None = None
    """[N] bool: where it is known; None if it is everywhere."""


def select(wanted: Filter, pile: Searched) -> Array:
    """Return which rows fit a filter [N] bool.

    Raises:
        InputError: A term needs a model that there is not.
    """
    found = np.ones(len(pile.reviews), dtype=bool)
    for term in wanted.terms:
        fits, known = _fits(term, pile)
        if term.turned:
            fits = ~fits
        found &= fits if known is None else fits & known
    return found


def _fits(term: Term, pile: Searched) -> tuple[Array, Array | None]:
    if not term.field:
        return contains(pile.reviews, term.value), None
    if term.field in _ABOUT_DECISIONS:
        return _ABOUT_DECISIONS[term.field](term, pile), None
    column = _COLUMNS[term.field](term, pile)
    if column.values.dtype == bool:
        return column.values, column.known
    return _ORDERS[term.sign](column.values, term.number), column.known


def contains(reviews: Reviews, words: str) -> Array:
    """Return which reviews have `words` in their text, whatever the case [N] bool."""
    import pyarrow.compute as pc

    wanted = words.encode("utf-8", "replace").decode()
    parts = [np.zeros(0, dtype=bool)]
    for texts in reviews.text_arrays():
        bits = pc.match_substring(texts, wanted, ignore_case=True).buffers()[1]
        parts.append(np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[: len(texts)].astype(bool))
    return np.concatenate(parts)


# What a model says


def _predicted(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    number = next((place for place, label in enumerate(scores.labels) if label == term.value), -1)
    return _Column(scores.logits.argmax(axis=1) == number, scores.scored)


def _probability(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    return _Column(scores.probabilities().max(axis=1), scores.scored)


def _margin(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    return _Column(margins(scores.probabilities()), scores.scored)


def _tokens(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    return _Column(scores.tokens, scores.scored)


def _unknown(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    return _Column(scores.unknown, scores.scored)


def _cut(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    return _Column(scores.truncated == (term.value == "yes"), scores.scored)


def _disagree(term: Term, pile: Searched) -> _Column:
    scores = pile.scores()
    best = scores.logits.argmax(axis=1)
    if term.value == "models":
        other = pile.second_scores()
        return _Column(best != same_classes(scores, other).argmax(axis=1), scores.scored & other.scored)
    said = np.full(scores.rows, -1)
    places = {label: place for place, label in enumerate(scores.labels)}
    for one in pile.decisions():
        if one.labelled and 0 <= one.row < scores.rows:
            said[one.row] = places.get(one.verdict, len(places))
    return _Column(said != best, scores.scored & (said >= 0))


def _length(term: Term, pile: Searched) -> _Column:
    return _Column(pile.facts.words.counts)


def _copies(term: Term, pile: Searched) -> _Column:
    return _Column(pile.facts.copies)


_COLUMNS: dict[str, Callable[[Term, Searched], _Column]] = {
    "predicted": _predicted,
    "p": _probability,
    "margin": _margin,
    "tokens": _tokens,
    "unknown": _unknown,
    "cut": _cut,
    "disagree": _disagree,
    "length": _length,
    "copies": _copies,
}


# What the user says


def _rows(pile: Searched, rows: Iterable[int]) -> Array:
    found = np.zeros(len(pile.reviews), dtype=bool)
    found[[row for row in rows if 0 <= row < len(found)]] = True
    return found


def _state(term: Term, pile: Searched) -> Array:
    if term.value in ("undecided", "decided"):
        decided = _rows(pile, (one.row for one in pile.decisions()))
        return decided if term.value == "decided" else ~decided
    return _rows(pile, (one.row for one in pile.decisions() if one.state == term.value))


def _label(term: Term, pile: Searched) -> Array:
    return _rows(pile, (one.row for one in pile.decisions() if one.labelled and one.verdict == term.value))


def _by(term: Term, pile: Searched) -> Array:
    return _rows(pile, (one.row for one in pile.decisions() if one.source == term.value))


def _note(term: Term, pile: Searched) -> Array:
    wanted = "" if term.value.casefold() in ("yes", "any") else term.value.casefold()
    return _rows(pile, (note.row for note in pile.notes() if wanted in note.text.casefold()))


_ABOUT_DECISIONS: dict[str, Callable[[Term, Searched], Array]] = {
    "state": _state,
    "label": _label,
    "by": _by,
    "note": _note,
}


def check(wanted: Filter) -> Filter:
    """Return a filter that can be used.

    Raises:
        InputError: A term of it cannot; the message is a sentence.
    """
    if wanted.problem:
        raise InputError(wanted.problem)
    return wanted
