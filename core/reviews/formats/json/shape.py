"""Whether a JSON file is one object around reviews, or values one after another: its first value is surveyed."""

from __future__ import annotations

import re

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json.layout import Layout, find_layout, is_record, paths
from core.reviews.formats.json.stream import BrokenJsonError, JsonStream
from core.reviews.formats.json.survey import survey

_NAMED, _LISTED = 5, 20


def layout_of(file: InputFile, wanted: str | None) -> Layout:
    """Return where the reviews are: an object is surveyed, unless others follow it; arrays are read as they are.

    Raises:
        InputError: The file is broken before any record, or has no value of the name `wanted`.
    """
    with file.open() as text:
        stream = JsonStream(text)
        try:
            if stream.peek() != "{":
                if stream.peek() != "[":
                    raise stream.broken()
                return Layout()
            root = survey(stream)
            follows = stream.peek()
            if follows == ",":
                stream.take(",")
                follows = stream.peek() or ","
        except BrokenJsonError as broken:
            if not wanted and _is_sequence(file):
                return Layout()
            raise InputError(_invalid(file.name, broken.line)) from None
        line = stream.line
    if follows:
        inner = sum(map(is_record, root.children.values()))
        if follows != "{" and (inner > 1 or not is_record(root)):
            raise InputError(_invalid(file.name, line))
        return Layout()
    if not wanted and find_layout(root).single is not None and not is_record(root):
        listed = ", ".join(clean_line(key, 40) for key in list(root.children)[:_NAMED]) or "nothing"
        raise InputError(
            f"{clean_line(file.name)} holds one object ({listed}) and no list of reviews; "
            "check that it is the file you meant."
        )
    known = {path for path, _ in paths(root)}
    if wanted and not any(wanted in (path, path.rpartition(".")[2]) for path in known):
        listed = ", ".join(clean_line(path, 40) for path in sorted(known)[:_LISTED]) or "none"
        raise InputError(
            f"{clean_line(file.name)} has no array or object “{clean_line(wanted, 40)}”; it has {listed}. "
            "Change --table."
        )
    layout = find_layout(root, wanted)
    if layout.problem:
        raise InputError(
            f"{clean_line(file.name)} cannot be read by columns: {layout.problem}, so that which cells belong "
            "together is unknown; save it again, with one object for each review."
        )
    return layout


def _invalid(name: str, line: int) -> str:
    return f"{clean_line(name)} is not valid JSON: see line {line}."


def _is_sequence(file: InputFile) -> bool:
    """Return whether a file that starts with a broken object is a sequence of them, each on lines of its own."""
    with file.open() as text:
        stream = JsonStream(text)
        stream.peek()
        if stream.lead is None:
            return False
        found = stream.find(re.compile(rf"(?P<before>[^\s\x1e])\s*(?P<at>\n{re.escape(stream.lead)}\{{)"))
        return found is not None and found["before"] not in "[:{"
