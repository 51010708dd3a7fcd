"""Ratings in cells: `4`, `4,5`, `9/10`, `4 out of 5 stars`, `5,0 von 5 Sternen`, `90 %`, `★★★★☆`, `FIVE`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.reviews.detect.words import canonical

Form = Literal["number", "stars", "of", "percent", "glyphs", "word"]
_N = r"(\d{1,3}(?:[.,]\d+)?)"
_STARS_WORD = (
    r"(?:stars?|sterne?n?|étoiles?|etoiles?|estrellas?|stell[ae]|estrelas?|sterren|gwiazdk?[aiy]?|gwiazdek|"
    r"звезд[аы]?|звёзд[аы]?|"
    r"stjärnor|tähteä|yıldız|颗?星|つ星|점|★|⭐)"
)
_NAME = r"(?:rating|score|bewertung|note|nota|оценка)"
_OF = r"(?:/|out of|of|von|sur|su|de|van|av|z|из|/ ?)"
_PLAIN = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+|[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?")
_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("percent", re.compile(rf"{_N} ?(?:%|percent|prozent)")),
    ("of", re.compile(rf"(?:rated |{_NAME} ?:? ?)?{_N} ?(?:{_STARS_WORD} )?{_OF} ?{_N}(?: ?{_STARS_WORD})?\.?")),
    ("stars", re.compile(rf"(?:rated )?{_N}[ -]?{_STARS_WORD}(?: rating)?\.?")),
    ("stars", re.compile(rf"(?:{_NAME}|rated|stars?|★|⭐|星)\s?:?\s?{_N}つ?")),
)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_TOP_FIRST = re.compile(r"(\d+)つ星のうち(\d+(?:\.\d+)?)")
_FULL, _EMPTY = "★⭐🌟✭✮*", "☆✩✰"
_COUNT_BEHIND = re.compile(r"\s*\(\d+(?:[.,]\d+)?\)$")
_WORDS = (
    "zero|null|zéro|cero|nul",
    "one|eins|ein|un|une|uno|una|um|uma|een|один",
    "two|zwei|deux|dos|due|dois|duas|twee|два",
    "three|drei|trois|tres|tre|três|drie|три",
    "four|vier|quatre|cuatro|quattro|quatro|четыре",
    "five|fünf|cinq|cinco|cinque|vijf|пять",
    "six|sechs|seis|sei|zes|шесть",
    "seven|sieben|sept|siete|sette|sete|zeven|семь",
    "eight|acht|huit|ocho|otto|oito|восемь",
    "nine|neun|neuf|nueve|nove|negen|девять",
    "ten|zehn|dix|diez|dieci|dez|tien|десять",
)
_WORD_VALUES = {word: float(number) for number, words in enumerate(_WORDS) for word in words.split("|")}
_WORDS_OF = re.compile(rf"(\w+) {_OF} (\w+)(?: {_STARS_WORD})?")
_WORD = re.compile(rf"(?:star[ _]rating[ _])?(\w+?)(?:[ _-]{_STARS_WORD})?")


@dataclass(frozen=True)
class Rating:
    """What a cell says about a rating."""

    value: float
    top: float | None
    """The end of the scale, if the cell says it."""
    form: Form


def rating_of(cell: str) -> Rating | None:
    """Return the rating in `cell`; None if it is anything else. A decimal comma is a point."""
    said = canonical(cell.replace("½", ".5"))
    if not said or len(said) > 60:
        return None
    if _PLAIN.fullmatch(said):
        return Rating(_number(said), None, "number")
    glyphs = _COUNT_BEHIND.sub("", said).replace(" ", "")
    if glyphs and set(glyphs) <= {*_FULL, *_EMPTY}:
        full = sum(one in _FULL for one in glyphs)
        return Rating(float(full), float(len(glyphs)) if full < len(glyphs) else None, "glyphs")
    if match := _TOP_FIRST.fullmatch(said):
        return Rating(float(match[2]), float(match[1]), "of")
    for form, pattern in _FORMS:
        if match := pattern.fullmatch(said):
            top = 100.0 if form == "percent" else _number(match[2]) if form == "of" else None
            value = _number(match[1])
            return Rating(value, top, form) if top is None or 0 <= value <= top else None
    if (match := _WORDS_OF.fullmatch(said)) and match[1] in _WORD_VALUES and match[2] in _WORD_VALUES:
        value, top = _WORD_VALUES[match[1]], _WORD_VALUES[match[2]]
        return Rating(value, top, "of") if value <= top else None
    match = _WORD.fullmatch(said)
    spelled = _WORD_VALUES.get(match[1]) if match else None
    return None if spelled is None else Rating(spelled, None, "word")


def _number(text: str) -> float:
    return float(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text.replace(",", "."))
