"""Lines of JSON that carry their own checksum, for files that are only ever appended to.

A line is one JSON object whose last key, `crc32`, is the CRC-32 of the line's bytes before `, "crc32"`. A line torn by
a crash or changed on the disk fails its checksum, so a reader sees a whole line or none.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

_MARK = b', "crc32": "'
_SURROGATE = "\\ud"
"""How a surrogate is written: half of a character, such as an emoji, or a lone one."""


def encode(fields: Mapping[str, Any]) -> bytes:
    """Return one line, newline included. NaN and the infinities, which JSON lacks, become 'nan', 'inf' and '-inf'."""
    try:
        text = json.dumps(fields, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError):  # another kind of mapping, or a float that is not finite
        text = ""
    if not text or _SURROGATE in text:
        text = json.dumps(_as_json(fields), ensure_ascii=True, allow_nan=False)
    body = text.encode()[:-1]
    return body + _MARK + f"{zlib.crc32(body):08x}".encode() + b'"}\n'


def checked(line: bytes) -> bytes | None:
    """Return the JSON object on a line without its checksum, or None if the line is torn or damaged."""
    body, mark, tail = line.rpartition(_MARK)
    if not mark or tail != f'{zlib.crc32(body):08x}"}}'.encode():
        return None
    return body + b"}"


def decode(line: bytes) -> dict[str, Any] | None:
    """Return the fields on a line, or None if the line is torn or damaged."""
    whole = checked(line)
    try:
        found: dict[str, Any] | None = msgspec.json.decode(whole) if whole is not None else None
    except (ValueError, RecursionError):
        return None
    return found


def _as_json(value: Any) -> Any:
    """`value` with words for the floats that JSON lacks, and � for lone surrogates, which strict readers refuse."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_as_json(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    return value
