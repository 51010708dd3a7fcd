"""Pairs of files whose lines belong together: texts in `train_text.txt`, and their labels in `train_labels.txt`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

_TEXTS = frozenset(
    "text texts sentence sentences sents sent review reviews comment comments tweet tweets document documents docs "
    "content data input inputs source src x".split()
)
_LABELS = (
    "label labels sentiment sentiments polarity rating ratings stars score scores class classes target targets gold "
    "tgt y".split()
)
"""Names of labels; of several files beside the same texts, the first is read."""
_SUFFIXES = frozenset(("", ".txt", ".text", ".label", ".labels", ".lst"))
_HEAD = 1 << 16
_LONGEST, _MOST = 40, 50
_FEWEST = 4


def labels_of_lines(root: Path, files: Sequence[PurePosixPath]) -> dict[PurePosixPath, list[PurePosixPath]]:
    """Return the files of texts → the files of their labels, the one to read first.

    The names of such files differ only in a word, `text` or `labels`. Labels are short, and few of them differ.
    Other such files in the same folder, as of topics, come after them.

    Raises:
        OSError: A file cannot be read.
    """
    groups: dict[tuple[PurePosixPath, str], dict[str, PurePosixPath]] = defaultdict(dict)
    for file in files:
        if file.suffix.casefold() in _SUFFIXES:
            for rest, word in _readings(file):
                groups[(file.parent, rest)][word] = file
    found: dict[PurePosixPath, list[PurePosixPath]] = {}
    for members in groups.values():
        texts = [file for word, file in members.items() if word in _TEXTS]
        labels = [members[word] for word in _LABELS if word in members and _are_labels(root / members[word])]
        if len(texts) == 1 and labels and not _are_labels(root / texts[0]):
            found[texts[0]] = labels
    taken = {*found, *(file for labels in found.values() for file in labels)}
    for file in files:
        beside = [texts for texts in found if texts.parent == file.parent]
        if beside and file not in taken and file.suffix.casefold() in _SUFFIXES and _are_labels(root / file):
            found[beside[0]].append(file)
    return found


def _readings(file: PurePosixPath) -> list[tuple[str, str]]:
    """Return how a name can be read: what it is without the word that says what its lines are, and that word."""
    name = file.name.casefold()
    pieces = re.split(r"([\W_]+)", name.removesuffix(".txt").removesuffix(".text").removesuffix(".lst"))
    return [
        ("".join((*pieces[:index], "\0", *pieces[index + 1 :])), piece)
        for index, piece in enumerate(pieces)
        if piece in _TEXTS or piece in _LABELS
    ]


def _are_labels(path: Path) -> bool:
    """Return whether the lines of a file are short, and few of them differ."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    lines = head.split(b"\n")[: -1 if len(head) == _HEAD else None]
    filled = [line.strip() for line in lines if line.strip()]
    short = all(len(line) <= _LONGEST for line in filled)
    return short and len(filled) >= _FEWEST and len(set(filled)) <= min(_MOST, len(filled) / 2)
