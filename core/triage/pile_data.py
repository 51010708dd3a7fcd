"""All that is known of a pile: its reviews, what models say of them, and what the user decided; ordered and searched.

An engine keeps one, so that each question costs milliseconds. Scores may still be in the making, and the decision log
is written by another process: both are read anew with each question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.unlabelled import read_unlabelled
from core.scores.scores import Scores, scores_of
from core.triage.arranging import Arrangement, Rows, as_in_the_file, at_random, by_ranking, only
from core.triage.audit import audit_key, audit_numbers
from core.triage.decision import Decision, Note
from core.triage.filtering import check, select
from core.triage.filters import Filter, parse_filter
from core.triage.given_labels import given_labels
from core.triage.log_reader import LogReader
from core.triage.orders import ORDERS
from core.triage.ranking import disagreement, margins, ordered, suspicion
from core.triage.texts.kept import TextFacts, facts_of
from core.triage.texts.similarity import similarity_to

Array = np.ndarray[Any, Any]
Progress = Callable[[str, float | None], None]


class PileData:
    """A pile, with the models that are asked about it."""

    def __init__(self, source: str, options: ReadingOptions, progress: Progress = lambda what, share: None) -> None:
        """Read a pile.

        Raises:
            InputError: The source cannot be read as reviews.
        """
        self.source, self.options = source, options
        self.reviews = read_unlabelled(source, options, progress=lambda share: progress("reading", share))
        self.model: Path | None = None
        self.second_model: Path | None = None
        self.progress = progress
        self._log = LogReader(source)
        self._complete: dict[Path, Scores] = {}
        self._given: tuple[tuple[str, ...], Array] | None = None

    @cached_property
    def facts(self) -> TextFacts:
        """What is known of the texts without a model."""
        return facts_of(self.reviews, self.progress)

    @cached_property
    def numbers(self) -> Array:
        """The number of each row in the random sequence [N]."""
        return audit_numbers(self.reviews.hashes, audit_key(self.source))

    def decisions(self) -> Sequence[Decision]:
        """Return the current decisions about reviews in the file, newest first."""
        return self._log.decisions()

    def notes(self) -> Iterable[Note]:
        """Return the notes about reviews in the file."""
        return self._log.history().noted()

    def scores(self) -> Scores:
        """Return what the model says so far.

        Raises:
            InputError: There is no model, or nothing is scored yet.
        """
        return self._scores(self.model, "No model is chosen, so nothing is known of what it says.")

    def second_scores(self) -> Scores:
        """Return what the second model says so far.

        Raises:
            InputError: There is none, or nothing is scored yet.
        """
        return self._scores(self.second_model, "No second model is chosen to compare with.")

    def given(self) -> Array:
        """Return the file's own labels, by the classes of the model [N]; −1 for none.

        Raises:
            InputError: There are none.
        """
        labels = self.scores().labels
        if self._given is None or self._given[0] != labels:
            self._given = labels, given_labels(self.source, self.options, self.reviews, labels)
        return self._given[1]

    def ranking(self, order: str, like: int | None = None) -> Array:
        """Return all rows in an order, the first first; equal ones by the hashes of their texts.

        Args:
            order: The name of an order.
            like: For `similarity`, the row that others are compared with.

        Raises:
            InputError: The order needs what there is not.
        """
        return ordered(self.keys(order, like), self.reviews.hashes)

    def keys(self, order: str, like: int | None = None) -> Array:
        """Return what the ranking goes by [N], the smallest first; NaN where it is not known."""
        if order == "file":
            return np.arange(len(self.reviews))
        if order == "random":
            return self.numbers
        if order == "uncertainty":
            return margins(self.scores().probabilities())
        if order == "disagreement":
            return disagreement(self.scores(), self.second_scores())
        if order == "suspicion":
            return suspicion(self.scores(), self.given())
        if order == "similarity":
            if like is None or not 0 <= like < len(self.reviews):
                raise InputError("Similar to which review? There is none with this number.")
            return -similarity_to(self.facts.words, like)
        raise InputError(f"There is no order '{order}'; they are {', '.join(ORDERS)}.")

    def arrange(self, order: str, query: str = "", like: int | None = None, current: int | None = None) -> Arrangement:
        """Return the rows of the pile in an order.

        Args:
            query: A filter; see `core/triage/filters.py`.
            current: The row in view, which stays in view if it is undecided.

        Raises:
            InputError: The order or the filter needs what there is not.
        """
        if query.strip():
            return only(self.ranking(order, like), self.fits(query))
        if order == "file":
            return as_in_the_file(len(self.reviews))
        rows = Rows(self.facts.groups, self.numbers, audit_key(self.source), self.decisions())
        return at_random(rows, current) if order == "random" else by_ranking(rows, self.ranking(order, like), current)

    def fits(self, query: str) -> Array:
        """Return which rows fit a filter [N] bool.

        Raises:
            InputError: It cannot be used.
        """
        return select(check(self.parsed(query)), self)

    def parsed(self, query: str) -> Filter:
        """Return a filter as it was typed, by the labels that there are."""
        added = self._log.history().labels
        found = self._known_labels()
        used = {one.verdict for one in self.decisions() if one.labelled} if "label" in query.casefold() else ()
        return parse_filter(query, tuple(dict.fromkeys((*found, *added, *sorted(used)))))

    def copies_of(self, row: int) -> list[int]:
        """Return the other rows of a row's group of near copies, in the order of the file."""
        if not 0 <= row < len(self.reviews):
            return []
        groups = self.facts.groups
        return [one for one in np.flatnonzero(groups == groups[row]).tolist() if one != row]

    def _known_labels(self) -> tuple[str, ...]:
        try:
            return self.scores().labels
        except InputError:
            return ()

    def _scores(self, model: Path | None, missing: str) -> Scores:
        if model is None:
            raise InputError(missing)
        if (kept := self._complete.get(model)) is not None and not self._changed(kept, model):
            return kept
        found = scores_of(model, self.reviews, partial=True)
        if found is None:
            raise InputError("The pile is not scored yet; that has to begin first.")
        if found.manifest.complete:
            self._complete[model] = found
        return found

    @staticmethod
    def _changed(scores: Scores, model: Path) -> bool:
        from core.runs.model_hash import model_hash

        return model_hash(model) != scores.manifest.model
