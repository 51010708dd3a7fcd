"""The interface of a format of decisions, and what the formats of other tools have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.reviews.source_columns import PREFIX
from core.triage.exchange.record import FIELDS, Record, from_values, read_time, written_time


@dataclass(frozen=True)
class Entry:
    """What a file says in one place: a record, or why there is none."""

    line: int
    """Where it begins in the file, from 1."""
    record: Record | None
    problem: str = ""
    """Why it cannot be read; empty if it can be."""
    text: str = ""
    """The review, as far as it is known, where there is no record."""


@dataclass(frozen=True)
class Format:
    """A format of files of decisions."""

    name: str
    title: str
    suffix: str
    write: Callable[[Sequence[Record]], str]
    """Returns the content of a file."""
    read: Callable[[str], Iterator[Entry]]
    """Yields what a file says; raises ValueError if it is not of this format at all."""


def as_values(record: Record, without: Iterable[str] = ()) -> dict[str, Any]:
    """Return what is known of a record as JSON values, source columns last, with their prefix.

    Args:
        without: Fields that are written elsewhere. The label is only if a person gave it.
    """
    left_out = {"text", *without} - ({"label"} if not record.by_person else set())
    values: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(record, name)
        if name not in left_out and value is not None and value != "":
            values[name] = written_time(value) if name == "time" else value
    return values | {PREFIX + name: cell for name, cell in record.columns.items()}


def as_record(text: Any, values: dict[str, Any]) -> Record:
    """Return the record that `as_values` made, together with what was written elsewhere; unknown names are ignored.

    Raises:
        ValueError: A value is not of its kind.
    """
    known = {name: values[name] for name in FIELDS if name in values}
    if isinstance(known.get("time"), str):
        known["time"] = read_time(known["time"])
    columns = {
        name.removeprefix(PREFIX): cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
        for name, cell in values.items()
        if name.startswith(PREFIX)
    }
    return from_values({**known, "text": text, "columns": columns})


def labelled_by_person(values: dict[str, Any], label: str) -> dict[str, Any]:
    """Return values with a label that somebody gave in the other tool, whoever had labelled the review before."""
    kept = {name: value for name, value in values.items() if (name, value) != ("source", "model")}
    return kept | {"state": "label", "label": label}


def read_objects(items: Iterable[tuple[int, Any]], read: Callable[[dict[str, Any]], Record]) -> Iterator[Entry]:
    """Yield what each JSON object says.

    Args:
        items: The line and the value of each.
        read: Returns the record of an object. Raises ValueError, KeyError, TypeError or IndexError if there is none.
    """
    for line, item in items:
        text = _text_of(item)
        try:
            if not isinstance(item, dict):
                raise TypeError
            yield Entry(line, read(item))
        except msgspec.ValidationError as error:
            yield Entry(line, None, str(error), text)
        except ValueError as error:
            yield Entry(line, None, str(error) or "it cannot be read", text)
        except (KeyError, TypeError, IndexError, AttributeError):
            yield Entry(line, None, "it is not made as this format is", text)


def _text_of(item: Any) -> str:
    try:
        found = next(item[key] for key in ("text", "reviewText", "data", "fields") if key in item)
        found = found["text"] if isinstance(found, dict) else found
    except (KeyError, TypeError, StopIteration):
        return ""
    return found if isinstance(found, str) else ""


def json_lines(content: str) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each line that holds JSON; the value of one that does not is None."""
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


def json_list(content: str) -> Iterator[tuple[int, Any]]:
    """Yield the line and the value of each element of a JSON list.

    Raises:
        ValueError: It is no JSON list.
    """
    decoder = json.JSONDecoder()
    place = _after_blanks(content, 0)
    if content[place : place + 1] != "[":
        raise ValueError("it does not begin with a list")
    place, counted, lines = _after_blanks(content, place + 1), 0, 1
    while content[place : place + 1] != "]":
        lines += content.count("\n", counted, place)
        counted = place
        try:
            value, place = decoder.raw_decode(content, place)
        except RecursionError as error:
            raise ValueError(f"line {lines} is nested too deeply") from error
        except ValueError as error:
            raise ValueError(f"line {lines} is not valid JSON") from error
        yield lines, value
        place = _after_blanks(content, place)
        if content[place : place + 1] == ",":
            place = _after_blanks(content, place + 1)
        elif content[place : place + 1] != "]":
            raise ValueError(f"the list does not end after line {lines}")


def write_list(values: Sequence[Any]) -> str:
    """Return a JSON list with one element a line."""
    return "[" + ",".join("\n" + json.dumps(value, ensure_ascii=False) for value in values) + "\n]\n"


def write_lines(values: Iterable[Any]) -> str:
    """Return one JSON value a line."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def _after_blanks(content: str, place: int) -> int:
    while content[place : place + 1] in (" ", "\n", "\r", "\t"):
        place += 1
    return place
