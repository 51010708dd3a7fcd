"""Which character separates the fields of a delimited file, and whether its first record names the columns.

Both are decided from the first records of the file. A character is the delimiter if it splits (nearly) all of them into
the same number of fields. A header is recognized by a name that is common in review files, or because it differs in
kind from the values below it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

from core.reviews.detect.names import is_known_name, is_number, is_truth_value

DELIMITERS = (",", "\t", ";", "|")
NO_DELIMITER = "\x1f"
"""The delimiter of a file with one column: the ASCII unit separator, which does not occur in text."""
_RECORDS = 200


def is_delimited(head: str, complete: bool) -> bool:
    """Return whether a file that starts with `head` has several columns, or one whose name review files often use."""
    first_line = head.lstrip().split("\n", 1)[0]
    return find_delimiter(head, complete) != NO_DELIMITER or is_known_name(first_line.strip().strip('"'))


def find_delimiter(head: str, complete: bool, preferred: str = ",") -> str:
    """Return the delimiter of a file that starts with `head`, or `NO_DELIMITER` if it has a single column.

    Args:
        complete: Whether `head` is the whole file; otherwise its last record may be incomplete, and is ignored.
        preferred: The delimiter to choose when several fit equally well.
    """
    best, best_score = NO_DELIMITER, (0.0, 0.0, False)
    for delimiter in DELIMITERS:
        records = head_records(head, complete, delimiter)
        if not records:
            continue
        counts = Counter(map(len, records))
        fields, agreeing = counts.most_common(1)[0]
        if counts[len(records[0])] == agreeing:
            fields = len(records[0])
        named = len(records[0]) > 1 and any(is_known_name(name) for name in records[0])
        share = (counts[len(records[0])] if named else agreeing) / len(records)
        begins = len(records[0]) == fields
        if named or (fields > 1 and share >= (0.6 if begins else 0.9)):
            score = (float(named), share, delimiter == preferred)
            if score > best_score:
                best, best_score = delimiter, score
    return best


def head_records(head: str, complete: bool, delimiter: str) -> list[list[str]]:
    """Return the first records of `head` that are not blank, at most 200."""
    lines = head.splitlines(keepends=True) if "\n" not in head else head.split("\n")
    records: list[list[str]] = []
    reader = csv.reader((line if line.endswith("\r") else line + "\n" for line in lines), delimiter=delimiter)
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) > _RECORDS:
                break
    except csv.Error:
        pass
    if not complete and 1 < len(records) <= _RECORDS:
        records.pop()
    return records


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of `records` names the columns."""
    names, below = records[0], records[1:]
    if any(is_known_name(name) for name in names):
        return True
    if len(names) == 1 or not below or any(is_number(name) or is_truth_value(name) for name in names):
        return False
    if len(set(names)) < len(names) or any(len(name) > 60 or "\n" in name for name in names):
        return False
    return any(_stands_apart(name, values) for name, values in zip(names, _columns(below, len(names)), strict=True))


def _columns(records: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    whole = [record for record in records if len(record) == width]
    return [[record[index] for record in whole] for index in range(width)]


def _stands_apart(name: str, values: Sequence[str]) -> bool:
    """Return whether `name` is a word above numbers, or above a few repeated values that it is not one of."""
    filled = [value for value in values if value.strip()]
    if not name.strip() or not filled:
        return False
    if all(is_number(value) or is_truth_value(value) for value in filled):
        return True
    distinct = set(filled)
    return len(filled) >= 4 and len(distinct) <= len(filled) / 2 and name not in distinct
