"""The hash by which two reviews are the same text: it ignores case, white space and compatibility variants."""

from __future__ import annotations

import unicodedata
from hashlib import blake2b


def text_digest(text: str) -> bytes:
    """Return 8 bytes of BLAKE2b over `text` after NFKC, case folding and collapsing of white space.

    Raises:
        UnicodeEncodeError: The text contains a lone surrogate (undecodable bytes).
    """
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if "  " in folded or folded[:1] == " " or folded[-1:] == " " or not folded.isprintable():
        folded = " ".join(folded.split())  # the only white space that is printable is a blank
    return blake2b(folded.encode(), digest_size=8).digest()


def text_hash(text: str) -> int:
    """Return the same as an unsigned integer, as in `Reviews.hashes`."""
    return int.from_bytes(text_digest(text), "little")
