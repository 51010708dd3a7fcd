"""The hash that says two reviews are the same text: blind to case, white space and compatible characters."""

from __future__ import annotations

import unicodedata
from hashlib import blake2b


def text_digest(text: str) -> bytes:
    """8 bytes of BLAKE2b over `text` after NFKC, case folding and collapsing white space.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate (bytes that could not be decoded).
    """
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return blake2b(" ".join(folded.split()).encode(), digest_size=8).digest()


def text_hash(text: str) -> int:
    """The same as an unsigned number, as `Reviews.hashes` holds it."""
    return int.from_bytes(text_digest(text), "little")
