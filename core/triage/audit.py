"""The random sequence of a pile, and the reviews that are kept for audits.

Every text has a number in [0, 1) that depends on nothing but the text and the pile: a keyed hash. The *random sequence*
of a pile is its representatives of near copies by ascending number. It is as good as a shuffled pile, and the same
whatever was decided, trained or ranked in between; how large a group of near copies is plays no part.

Texts with a number below `RESERVED` are kept for audits: orders that choose reviews by what a model says leave them out
and bring in the next one of the sequence instead, at one place in ten. So audits are a uniform random sample of the
pile, whatever the order and the model are. What was chosen otherwise is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from core.base.mixing import mixed
from core.triage.decision import Decision
from core.triage.decisions import pile_folder

Array = np.ndarray[Any, Any]

RESERVED = 0.1
"""The share of a pile that is kept for audits."""
EVERY = 10
"""One review in this number is an audit review."""
UNCHOSEN = frozenset(("file", "random"))
"""Orders that do not depend on what a model says, or on what was looked for."""


def audit_key(source: str) -> bytes:
    """Return the key of a pile, which makes its random sequence another one than that of every other pile."""
    return pile_folder(source).name.encode()


def audit_numbers(hashes: Array, key: bytes) -> Array:
    """Return the number of each of N texts [N] float64 in [0, 1), given the hashes of the texts."""
    texts = np.ascontiguousarray(hashes, dtype="<u8").tobytes()
    of_text = (texts[start : start + 8] for start in range(0, len(texts), 8))
    digests = b"".join(hashlib.blake2b(text, digest_size=8, key=key).digest() for text in of_text)
    numbers: Array = (np.frombuffer(digests, dtype="<u8") >> np.uint64(11)) * 2.0**-53
    return numbers


def random_sequence(groups: Array, numbers: Array) -> Array:
    """Return the representatives of near copies in the order of their numbers."""
    representatives = np.flatnonzero(groups == np.arange(len(groups)))
    return representatives[np.argsort(numbers[representatives], kind="stable")]


def audits_until(numbers: Array, decisions: Iterable[Decision]) -> float:
    """Return the number up to which the random sequence is untouched by choice: what comes before it can be an audit.

    In a random order all reviews are audits, but only as long as none before them was taken out because of what a model
    said of it, or because it was looked for.
    """
    chosen = [one.row for one in decisions if not one.audit and one.order not in UNCHOSEN and one.source == "human"]
    rows = [row for row in chosen if 0 <= row < len(numbers)]
    reached = numbers[rows]
    beyond = reached[reached >= RESERVED]
    return float(beyond.min()) if len(beyond) else 1.0


def weave(ranked: Array, audits: Array, start: int, key: bytes) -> tuple[Array, Array]:
    """Return rows with one audit in each block of `EVERY` positions, and whether each row is an audit.

    Args:
        ranked: Rows in the order to show them.
        audits: Rows of the random sequence that are still to come.
        start: The position of the first row: blocks are counted from position 0, so that ranking a pile anew in the
            middle of a block neither leaves an audit out nor brings in two.
        key: The key of the pile, which decides where in its block an audit comes.
    """
    total = len(ranked) + len(audits)
    positions = np.arange(start, start + total)
    salt = np.uint64(int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little"))
    places = mixed((positions // EVERY).astype(np.uint64) ^ salt) % np.uint64(EVERY)
    is_audit = positions % EVERY == places.astype(np.int64)
    audit_count = np.cumsum(is_audit)
    if audit_count.size and audit_count[-1] >= len(audits):
        is_audit &= audit_count <= len(audits)  # no more are left: the rest is ranked
    missing = len(audits) - int(is_audit.sum())
    if missing:  # the ranked ones are fewer than nine in ten: the rest is audits
        last = np.flatnonzero(~is_audit)[len(ranked) :]
        is_audit[last] = True
    rows = np.empty(total, dtype=np.int64)
    rows[is_audit], rows[~is_audit] = audits, ranked
    return rows, is_audit
