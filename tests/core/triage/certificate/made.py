"""Piles with a model's answers, and people who audit them, made up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.reviews.reading import Reviews
from core.reviews.unlabelled import read_unlabelled
from core.triage.audit import audit_key, audit_numbers
from core.triage.certificate.certificate import Certificate
from core.triage.certificate.certifying import Asked, certify, history_in, log_of
from core.triage.certificate.evidence import AnsweredPile
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog

LABELS = ("negative", "positive")
NOW = 1_800_000_000.0
ASKED = Asked(source="", data_hash="data", run="20260101-000000-aaaa", run_name="first")


def pile_file(folder: Path, reviews: int, copies: int = 0) -> tuple[str, Reviews]:
    """A file of different reviews, of which the first `copies` come once more at the end, and what is read of it."""
    words = [f"the {number} th chair creaks and wobbles like {number * 7919 % 100_003}" for number in range(reviews)]
    path = folder / "pile.csv"
    lines = ["order,review", *(f"{number},{text}" for number, text in enumerate(words + words[:copies]))]
    path.write_text("\n".join(lines) + "\n")
    return str(path), read_unlabelled(str(path))


def answers(source: str, reviews: Reviews, sure: float = 0.99, learned: Iterable[int] = ()) -> AnsweredPile:
    """All reviews are answered "positive": the first with 0.6, the last with `sure`, in between evenly.

    Exact copies are each other's near copies, and nothing else is.
    """
    _, first, which = np.unique(reviews.hashes, return_index=True, return_inverse=True)
    groups = first[which]
    shares = np.linspace(0.6, sure, len(reviews))[groups]
    known = np.zeros(len(reviews), dtype=bool)
    known[list(learned)] = True
    return AnsweredPile(
        hashes=reviews.hashes,
        groups=groups,
        numbers=audit_numbers(reviews.hashes, audit_key(source)),
        labels=LABELS,
        logits=np.stack([np.zeros(len(reviews)), np.log(shares / (1 - shares))], axis=1).astype(np.float32),
        learned=known,
        model_hash="m" * 32,
    )


def sequence(pile: AnsweredPile) -> list[int]:
    """The random sequence of the pile."""
    rows: list[int] = pile.sequence.tolist()
    return rows


def said(reviews: Reviews, row: int, verdict: str = "positive", **fields: Any) -> Decision:
    """What a person said of a review that came up at random, before the answer was seen."""
    file, line = reviews.place(row)
    place = {"hash": f"{int(reviews.hashes[row]):016x}", "row": row, "file": file, "line": line}
    about = {"text": reviews.text(row), "state": "label", "verdict": verdict, "audit": True, "blind": True}
    return Decision(**(place | about | {"order": "random", "predicted": "positive"} | fields))


def audit(source: str, reviews: Reviews, rows: Iterable[int], /, wrong: Iterable[int] = (), **fields: Any) -> None:
    """Have a person audit rows; of those that are `wrong`, the model's answer is not the person's."""
    log, mistaken = DecisionLog(source, sync=lambda descriptor: None), set(wrong)
    for row in rows:
        log.decide(said(reviews, row, **{"verdict": LABELS[row not in mistaken]} | fields))
    log.close()


def certificate(source: str, pile: AnsweredPile, **asked: Any) -> Certificate:
    """The certificate of the pile as its log is now."""
    log = log_of(source)
    return certify(replace(ASKED, source=source, **asked), history_in(log), log, pile, NOW)
