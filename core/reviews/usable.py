"""Which rows have a text that can be used, whatever their label."""

from __future__ import annotations

from collections.abc import Sequence

from core.reviews.detect.words import is_placeholder
from core.reviews.formats.table import is_lone
from core.reviews.hashing import text_digest

_LONGEST_PLACEHOLDER = 16
"""Characters; longer texts are not compared with placeholders."""
_EMPTY, _PLACEHOLDER, _UNDECODABLE = "empty text", "placeholder instead of a text", "undecodable bytes"
_BLANKS = frozenset(" \t\r\n\xa0\u3000\u200b\u200c\u200d\u2060\ufeff\xad")
_INVISIBLE = dict.fromkeys(map(ord, _BLANKS))
"""Characters of which a text that shows nothing is made, besides white space."""


def digests_of(texts: Sequence[str]) -> list[bytes]:
    """Return the digests of texts, empty for one that holds what is not Unicode."""
    try:
        return [text_digest(text) for text in texts]
    except UnicodeEncodeError:
        return [b"" if is_lone(text) else text_digest(text) for text in texts]


def unusable(bodies: Sequence[str], digests: Sequence[bytes]) -> dict[int, str]:
    """Return the rows without a text, by index, and why.

    Args:
        bodies: The texts without their titles.
        digests: Their digests.
    """
    gone: dict[int, str] = {}
    for row, (body, digest) in enumerate(zip(bodies, digests, strict=True)):
        if not digest:
            gone[row] = _UNDECODABLE
        elif not body or body.isspace() or (body[0] in _BLANKS and not body.translate(_INVISIBLE)):
            gone[row] = _EMPTY
        elif len(body) <= _LONGEST_PLACEHOLDER and is_placeholder(body):
            gone[row] = _PLACEHOLDER
    return gone
