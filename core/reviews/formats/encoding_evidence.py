"""Which encoding text is in that is not UTF-8: decided by the lines that are not ASCII, with a margin.

chardet ranks the encodings by how usual the characters are that each gives. Its answer is taken where it stands out; a
few bytes of Western text tell too little, and are read as Windows-1252.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CANDIDATES = (
    "gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp1257", "cp1258", "koi8-r", "iso8859-2", "cp850", "cp866", "cp874", "mac-roman",
)  # fmt: skip
TITLES = {
    "gb18030": "GB18030", "big5hkscs": "Big5", "cp932": "Shift-JIS", "euc_jis_2004": "EUC-JP", "cp949": "EUC-KR",
    "koi8-r": "KOI8-R", "iso8859-2": "ISO-8859-2", "mac-roman": "Mac Roman", "cp850": "DOS (850)", "cp866": "DOS (866)",
} | {f"cp{number}": f"Windows-{number}" for number in (874, *range(1250, 1259))}  # fmt: skip
WESTERN = "cp1252"
_SURE = 0.15
"""The least score of an encoding that is not Western. Chance reaches 0.1 on a few bytes of Western text."""
_MARGIN = 1.4
_CLOSE = 1.15
"""Another encoding with a score this near is told."""
_SAMPLE = 200_000
_C1 = re.compile("[\x80-\x9f]")
_TURKISH = re.compile("[ÐðÝýÞþ]")
"""Letters of Icelandic, where Windows-1254 has letters of Turkish."""
_SIGN_IN_WORD = re.compile("[A-Za-z][‚ƒ„…†‡ˆ‰‹•˜™›¡-¿×÷ŠŽ]+[a-z]")
_EAST_ASIAN = _CANDIDATES[:5]
_ASCII = re.compile(rb"[\x00-\x7f]+")
_MANY_BYTES, _ALONE = 200, 20
_OLD = ("cp850", "mac-roman")
"""Western encodings of DOS and old Macs."""
_OFTEN = 0.25
_AS_LIKELY = 0.9


@dataclass(frozen=True)
class Guess:
    """An encoding, and another that is nearly as likely and gives other text."""

    encoding: str
    other: str | None = None


def guess_encoding(lines: list[bytes]) -> Guess | None:
    """Return the encoding of lines that are not UTF-8, or None if they tell too little."""
    import chardet  # loads tables of letter frequencies, which files in UTF-8 do not need

    sample = b"\n".join(lines)[:_SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    found = chardet.detect_all(sample, ignore_threshold=True, include_encodings=_CANDIDATES, compat_names=False)
    scores = {str(one["encoding"]): float(one["confidence"]) for one in found if one["encoding"]}
    texts = {encoding: text for encoding in scores if (text := _decoded(sample, encoding)) is not None}
    ranked = sorted(texts, key=lambda encoding: -scores[encoding])
    if not ranked:
        return None
    best = ranked[0]
    if WESTERN in texts:
        sure = scores[best] >= max(_SURE, scores[WESTERN] * _MARGIN) or _is_alone(best, scores, sample)
        best = best if sure else _western(texts, scores, len(lines))
    elif scores[best] < _SURE:
        return None
    if best == WESTERN:
        ranked = [one for one in ranked if one not in _OLD]
    near = [one for one in ranked if texts[one] != texts[best] and scores[one] * _CLOSE > scores[best] >= _SURE]
    return Guess(best, near[0] if near else None)


def _is_alone(best: str, scores: dict[str, float], sample: bytes) -> bool:
    """Return whether an encoding of East Asia reads many bytes, and a Western one makes no sense of them."""
    many = len(sample) - sum(map(len, _ASCII.findall(sample))) >= _MANY_BYTES
    return best in _EAST_ASIAN and many and scores[best] > _ALONE * scores[WESTERN]


def _western(texts: dict[str, str], scores: dict[str, float], lines: int) -> str:
    """Return Windows-1252, or a relative of it in which letters are where it has signs, or other letters."""
    text = texts[WESTERN]
    if len(_SIGN_IN_WORD.findall(text)) > lines * _OFTEN:
        return max((one for one in _OLD if one in texts), key=lambda one: scores[one], default=WESTERN)
    is_turkish = "cp1254" in texts and scores["cp1254"] >= scores[WESTERN] * _AS_LIKELY
    return "cp1254" if is_turkish and len(_TURKISH.findall(text)) > lines * _OFTEN else WESTERN


def _decoded(sample: bytes, encoding: str) -> str | None:
    """Return `sample` as text, or None if it is not in this encoding, or would hold control characters."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _C1.search(text) else text
