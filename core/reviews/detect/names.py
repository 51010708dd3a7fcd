"""The vocabulary of review files: names of columns, and values of labels.

Only the letters and digits of names are compared, so `Review Text`, `review_text` and `reviewText` are the same.
"""

from __future__ import annotations

import re

TEXT_NAMES = (
    "reviewtext", "reviewbody", "reviewcontent", "reviewcomment", "reviewcomments", "review", "reviews", "text",
    "content", "body", "comment", "comments", "sentence", "message", "feedback", "opinion", "verbatim", "tweet",
    "document", "phrase", "customerreview", "textreview", "reviewdescription", "description",
)  # fmt: skip
TITLE_NAMES = ("summary", "reviewtitle", "reviewsummary", "reviewheadline", "title", "headline", "subject", "heading")
LABEL_NAMES = (
    "ispositive", "label", "labels", "sentiment", "sentimentlabel", "labelname", "labeltext", "polarity", "positive",
    "isnegative", "recommendedind", "recommended", "recommend", "isrecommended", "wouldrecommend", "liked", "target",
    "airlinesentiment", "reviewsentiment", "gold", "goldlabel",
)  # fmt: skip
RATING_NAMES = (
    "rating", "ratings", "stars", "star", "starrating", "reviewrating", "reviewstars", "overall", "overallrating",
    "score", "reviewscore", "reviewsrating", "userrating",
)  # fmt: skip
CLASS_NAMES = ("class", "classes", "category", "tag", "topic", "tone", "y", "annotation", "emotion", "intent")
_OTHER_NAMES = ("verified", "time", "logvotes", "date", "id", "reviewid", "productid", "asin", "votes", "index", "user")

_NEVER_A_LABEL = re.compile(
    r"(^|[^a-z])(id|ids|idx|index|key|uuid|asin|sku|date|day|month|year|time|timestamp|unixreviewtime|verified|votes?|"
    r"helpful\w*|helpfulness|count|counts|number|num|length|len|age|price|cost|url|link|image|user|username|"
    r"author|reviewer|name|email|phone|country|city|zip|language|lang|version|fold|split)($|[^a-z])"
)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_STARS = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(?:[- ]?stars?|/\s*5|out\s+of\s+5(?:\s+stars)?)?\s*", re.IGNORECASE | re.ASCII
)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/. ]\w{2,9}[-/., ]+\d{2,4}|[A-Z][a-z]+ \d{1,2}, \d{4}"
)

TRUTH_VALUES = {
    "0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1, "no": 0, "yes": 1, "f": 0, "t": 1, "n": 0, "y": 1,
}  # fmt: skip
SENTIMENT_RANKS = {
    "very negative": 0, "negative": 1, "neg": 1, "neutral": 2, "neu": 2, "mixed": 2, "positive": 3, "pos": 3,
    "very positive": 4,
}  # fmt: skip
REVERSED_NAMES = ("isnegative", "negative", "iscomplaint")
"""Columns of truth values in which true is negative."""
MISSING_VALUES = frozenset(("", "nan", "null", "none", "n/a", "na", "<na>", "-", "?"))


def plain(name: str) -> str:
    """Return the letters and digits of `name`, in lower case."""
    return re.sub(r"[\W_]+", "", name.casefold())


_KNOWN = frozenset(TEXT_NAMES + TITLE_NAMES + LABEL_NAMES + RATING_NAMES + CLASS_NAMES + _OTHER_NAMES)


def is_known_name(name: str) -> bool:
    """Return whether `name` is a common name for a column of review files, and not a value of a label."""
    return len(name) <= 60 and plain(name) in _KNOWN and plain(name) not in SENTIMENT_RANKS


def is_never_a_label(name: str) -> bool:
    """Return whether a column of this name is an id, a date, a count, a person, or otherwise not a label."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).casefold()
    return _NEVER_A_LABEL.search(re.sub(r"[_\W]+", " ", words)) is not None


def is_number(value: str) -> bool:
    """Return whether `value` is a plain decimal number."""
    return _NUMBER.fullmatch(value) is not None


def is_truth_value(value: str) -> bool:
    """Return whether `value` is true/false or yes/no (0 and 1 are numbers)."""
    return value.strip().casefold() in ("true", "false", "yes", "no")


def is_date(value: str) -> bool:
    """Return whether `value` looks like a date."""
    return _DATE.fullmatch(value.strip()) is not None


def number_of(value: str) -> float | None:
    """Return `value` as a number, or None."""
    return float(value) if is_number(value) else None


def stars_of(value: str) -> float | None:
    """Return the number of stars, 0 to 5, in `value` (`4`, `4.0`, `4 stars`, `4/5`, `★★★★`), or None."""
    stripped = value.strip()
    if stripped and set(stripped) <= {"★", "☆", "⭐"}:
        return float(len(stripped.replace("☆", "")))
    match = _STARS.fullmatch(value)
    stars = float(match[1]) if match else -1.0
    return stars if 0 <= stars <= 5 else None
