"""What a command wrote to a terminal, taken apart: its escape sequences and control characters, by their shape."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable

from tests.hostile import steering

_SEQUENCE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    rb"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    rb"|\x1b[ -/]*[0-~]"
    rb"|[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]"
    rb"|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c|\xef\xbb\xbf"
)
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
SGR = b"colour"


def shapes(received: bytes) -> Counter[bytes]:
    """Each kind of sequence with how often it came. Places and sizes are made `#`; a mode keeps its number."""
    return Counter(map(_shape, _SEQUENCE.findall(received)))


def _shape(sequence: bytes) -> bytes:
    if _COLOUR.fullmatch(sequence):
        return SGR
    if (copied := _CLIPBOARD.fullmatch(sequence)) is not None:  # what a person copied, never as it is
        assert not steering(base64.b64decode(copied[1]).decode())
        return b"\x1b]52;c;\x07"
    return sequence if b"?" in sequence else re.sub(rb"\d+", b"#", sequence)


def raw_among(received: bytes, texts: Iterable[str]) -> list[str]:
    """The texts that steer and were written as they are."""
    return [text for text in texts if steering(text) and text.encode("utf-8", "surrogatepass") in received]


_MODES = ("1000", "1003", "1004", "1006", "1015", "1049", "2004", "25", "7")
KNOWN = frozenset(
    [SGR, b"\r", b"\x07", b"\x1b[#;#H", b"\x1b[>#u", b"\x1b[<u", b"\x1b[?2026$p", b"\x1b[?2048$p", b"\x1b]52;c;\x07"]
    + [b"\x1b[?2026h", b"\x1b[?2026l", b"\x1b[?2048h", b"\x1b[?2048l", b"\x1b]#;default\x07", b"\x1b]#;pointer\x07"]
    + [f"\x1b[?{mode}{way}".encode() for mode in _MODES for way in "hl"]
)
"""What the workbench itself writes: colours, places, and the modes that it sets at its beginning and takes back."""
