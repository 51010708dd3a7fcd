"""Which part of a data set, which class and which column the name of a file or folder gives.

A word of a name counts only as a whole: `drugsComTest_raw` and `imdb_test` are test data, `latest` and `contest` are
not. Words end at anything that is not a letter, and where a capital follows a small letter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote

from core.reviews.detect.names import SENTIMENT_RANKS

Part = Literal["train", "validation", "test", "inbox"]

_MORE = r"(?:set|data|split|reviews|samples?)?"
_WORDS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("train", re.compile(rf"(?:train|training|trn){_MORE}")),
    ("validation", re.compile(rf"(?:validation|valid|val|dev|eval|evaluation){_MORE}")),
    ("test", re.compile(rf"(?:test|testing|tst|holdout|heldout){_MORE}")),
    ("inbox", re.compile(rf"(?:inbox|unsup|unsupervised|unlabell?ed){_MORE}")),
)
_INSIDE = re.compile("train|test|validation|valid|val|dev")
PART_KEYS = frozenset(("split", "part", "partition", "set", "subset", "fold", "dataset", "usage"))
"""Names of columns and partitions whose values are parts."""
_PARTITION = re.compile(r"([^=/\\]{1,100})=(.*)", re.DOTALL)
_EMPTY_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_CLASSES = frozenset(
    (
        *SENTIMENT_RANKS,
        *("good", "bad", "excellent", "poor", "happy", "unhappy", "like", "liked", "dislike", "disliked"),
        *("recommended", "spam", "ham", "fake", "real", "deceptive", "truthful"),
    )
)
"""Words that are classes of reviews, wherever they stand."""
_STARS = re.compile(r"(?:[1-5](?:[ _-]?stars?)?|stars?[ _-]?[1-5])", re.IGNORECASE)


def words_of(name: str) -> list[str]:
    """Return the words of a name, in lower case: `drugsComTest_raw.tsv` → drugs, com, test, raw, tsv."""
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word.casefold() for word in re.split(r"[\W\d_]+", apart) if word]


def part_of(name: str) -> Part | None:
    """Return the part that a name says; None if it says none, or several, such as `train_test`.

    Unlabelled training data is an inbox: nothing can be learned from it.
    """
    key, value = partition_of(name) or ("", name)
    if key and key.casefold() not in PART_KEYS:
        return None
    found = {part for word in words_of(value) for part, pattern in _WORDS if pattern.fullmatch(word)}
    if "inbox" in found and "train" in found:
        return "inbox"
    return found.pop() if len(found) == 1 else None


def part_of_path(names: Iterable[str]) -> Part | None:
    """Return the part that the names of a path say, from folder to file.

    If they say different parts, it is the one that is kept furthest from training.
    """
    found = {part_of(name) for name in names}
    order: tuple[Part, ...] = ("test", "inbox", "validation", "train")
    return next((part for part in order if part in found), None)


def paired_parts(names: Sequence[str]) -> dict[str, Part]:
    """Return the parts of names that differ only in the part: `imdbtrain.csv` beside `imdbtest.csv`."""
    groups: dict[str, dict[Part, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        folded = name.casefold()
        for match in _INSIDE.finditer(folded):
            part = part_of(match[0])
            if part is not None:
                groups[f"{folded[: match.start()]}\0{folded[match.end() :]}"][part].append(name)
    pairs = [group for group in groups.values() if len(group) > 1]
    return {name: part for group in pairs for part, members in group.items() for name in members}


def partition_of(folder: str) -> tuple[str, str] | None:
    """Return the column and the value that a folder `key=value` of a partitioned table gives, or None."""
    match = _PARTITION.fullmatch(folder)
    if match is None or not match[1].strip():
        return None
    value = unquote(match[2])
    return unquote(match[1]).strip(), "" if value == _EMPTY_PARTITION else value


def is_class_word(name: str) -> bool:
    """Return whether a name is that of a class wherever it stands, such as `pos`, `negative` or `5_stars`."""
    return _STARS.fullmatch(name) is not None or re.sub(r"[\W_]+", " ", name).strip().casefold() in _CLASSES


def class_in_name(name: str) -> str | None:
    """Return the class that a word of a name says: `neg` of `neg_12.txt`; None if it says none, or several."""
    found = {word for word in words_of(PurePosixPath(name).stem) if is_class_word(word)}
    return found.pop() if len(found) == 1 else None


def classes_by_name(names: Sequence[str]) -> dict[str, str]:
    """Return the classes of files whose names differ only in the class: `rt-polarity.pos` and `rt-polarity.neg`."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        pieces = re.split(r"([\W_]+)", name.removesuffix(".txt"))
        for index, piece in enumerate(pieces):
            if is_class_word(piece) and not piece.isdigit():
                rest = "".join((*pieces[:index], "\0", *pieces[index + 1 :])).casefold()
                groups[rest].setdefault(piece.casefold(), name)
    found = [group for group in groups.values() if len(group) > 1]
    return {name: word for group in found for word, name in group.items()}


def classes_by_folder(folders: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
    """Return the classes of folders that differ only in the class: `positive/2024` and `negative/2024`."""
    groups: dict[PurePosixPath, dict[str, list[PurePosixPath]]] = defaultdict(lambda: defaultdict(list))
    for folder in folders:
        for index, name in enumerate(folder.parts):
            if is_class_word(name) and not name.isdigit():
                groups[PurePosixPath(*folder.parts[:index])][name].append(folder)
    found = [group for group in groups.values() if len(group) > 1]
    return {folder: name for group in found for name, members in group.items() for folder in members}
