"""The reviews of a pile in an order, each with what puts it there; as rows of a table, and written to a file."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.base.errors import InputError, ReviewtuiError
from core.base.files import sync_path
from core.base.text import clean_cell, clean_line
from core.inference.metrics import probabilities_of
from core.scores.scores import Scores
from core.triage.pile_data import PileData
from core.triage.ranked_review import COLUMNS, RankedReview
from core.triage.ranking import margins, same_classes

Array = np.ndarray[Any, Any]
Progress = Callable[[str, float | None], None]

_BATCH = 1000
"""Reviews that are written at once."""


class RankedReviews:
    """The reviews of a pile in an order; near copies are represented by the first of them."""

    def __init__(self, pile: PileData, order: str, names: tuple[str, str] = ("", "")) -> None:
        """Rank a pile.

        Args:
            names: What to call the model and the second model.

        Raises:
            InputError: The order needs what there is not.
        """
        self.pile, self.order, self.names = pile, order, names
        keys, groups = pile.keys(order), pile.facts.groups
        ranking = pile.ranking(order)
        self.rows: Array = ranking[groups[ranking] == ranking]
        self.copies = len(groups) - len(self.rows)
        """Near copies that are left out."""
        self.unknown = int(np.isnan(keys[self.rows]).sum()) if keys.dtype.kind == "f" else 0
        """Reviews about which nothing is known that the order goes by; they come last."""
        self._keys, self._copies = keys, pile.facts.copies
        self._scores: Scores | None = pile.scores() if pile.model is not None else None
        self._shares = probabilities_of(self._scores.logits) if self._scores is not None else None
        self._margins = margins(self._shares) if self._shares is not None else None
        self._others = None
        if order == "disagreement" and self._scores is not None:
            self._others = same_classes(self._scores, pile.second_scores())
        self._labels = _labels_in_the_file(pile)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[RankedReview]:
        """Yield all reviews, in their order."""
        return self.part(0, len(self))

    def part(self, start: int, stop: int) -> Iterator[RankedReview]:
        """Yield the reviews at some places, from 0."""
        reviews = self.pile.reviews
        for place in range(start, min(stop, len(self))):
            row = int(self.rows[place])
            file, line = reviews.place(row)
            best = int(self._shares[row].argmax()) if self._shares is not None else 0
            yield RankedReview(
                rank=place + 1,
                row=row,
                file=file,
                line=line,
                text=reviews.text(row),
                label=self._labels(row),
                prediction=self._scores.labels[best] if self._scores is not None else "",
                probability=float(self._shares[row, best]) if self._shares is not None else None,
                margin=float(self._margins[row]) if self._margins is not None else None,
                reason=self._reason(row, best),
                copies=int(self._copies[row]),
            )

    def _reason(self, row: int, best: int) -> str:
        if self.order == "random":
            return "random"
        if self._scores is None or self._shares is None or np.isnan(self._keys[row]):
            return "no label that the model knows" if self.order == "suspicion" else "not scored"
        labels, shares = self._scores.labels, self._shares[row]
        if self._others is not None:
            other = int(self._others[row].argmax())
            said = (f"{labels[best]} {shares[best]:.2f}", f"{labels[other]} {self._others[row, other]:.2f}")
            return ", ".join(f"{name}: {words}" for name, words in zip(self.names, said, strict=True))
        if self.order == "suspicion":
            return f"labelled {self._labels(row)}; the model gives that {self._keys[row]:.3f}"
        if len(labels) < 2:
            return f"{labels[best]} {shares[best]:.2f}"
        second = int(np.argsort(shares)[-2])
        return f"{labels[best]} {shares[best]:.2f}, {labels[second]} {shares[second]:.2f}"


def _labels_in_the_file(pile: PileData) -> Callable[[int], str]:
    """Return a function that names the label of a row as the source has it; empty where it has none."""
    from core.triage.given_labels import labels_in_the_file

    classes, names = labels_in_the_file(pile.source, pile.options, pile.reviews)
    return lambda row: names[classes[row]] if classes[row] >= 0 else ""


def write_ranked(ranked: RankedReviews, output: Path, progress: Progress) -> None:
    """Write all reviews in their order to `output` (.csv or .jsonl), as a whole or not at all.

    Cells that a spreadsheet would run or a terminal obey are made inert in CSV; JSON Lines hold each text unchanged.

    Raises:
        InputError: The suffix is another one, or the folder does not exist.
        ReviewtuiError: The file cannot be written.
    """
    form = check_output(output)
    temporary = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            for start in range(0, max(len(ranked), 1), _BATCH):
                file.write(form(list(ranked.part(start, start + _BATCH)), first=start == 0))
                progress("writing", min((start + _BATCH) / max(len(ranked), 1), 1.0))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(output)
        sync_path(output.parent)
    except OSError as error:
        raise ReviewtuiError(f"Cannot write {clean_line(output, 120)} ({error.strerror or error}).") from error
    finally:
        temporary.unlink(missing_ok=True)


def check_output(output: Path) -> Callable[..., bytes]:
    """Return the function that turns reviews into the format that the suffix of `output` names.

    Raises:
        InputError: The suffix is another one, or the folder does not exist.
    """
    form = _FORMATS.get(output.suffix.lower())
    if form is None:
        raise InputError(f"--output must end in {' or '.join(_FORMATS)}, not '{clean_line(output.name, 80)}'.")
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(output.parent, 120)}.")
    if output.is_dir():
        raise InputError(f"{clean_line(output, 120)} is a folder; add a file name.")
    return form


def _csv(reviews: list[RankedReview], *, first: bool) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    if first:
        rows.writerow(COLUMNS)
    for one in reviews:
        rows.writerow([_cell(value) for value in msgspec.structs.astuple(one)])
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, float) else value if isinstance(value, int) else clean_cell(value)


def _json_lines(reviews: list[RankedReview], *, first: bool) -> bytes:
    lines = (json.dumps(msgspec.structs.asdict(one), ensure_ascii=False) + "\n" for one in reviews)
    return "".join(lines).encode("utf-8", "replace")


_FORMATS: dict[str, Callable[..., bytes]] = {".csv": _csv, ".jsonl": _json_lines}
