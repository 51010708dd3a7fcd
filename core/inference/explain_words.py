"""Where the words and sentences of a review are, in any script, whatever a model's tokenizer makes of them.

A word is a run of letters, digits and their marks, with apostrophes inside (`isn't`); a Chinese character; an emoji
with all that belongs to it; or an emoticon that stands alone (`:-(`). Other punctuation belongs to no word. Languages
that put no spaces between words (Thai, Japanese syllables) have long ones.

Spans are in characters, ascending and apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from core.data.truncation import Span

MOST_WORDS = 24
"""The most words of a sentence; a longer one is divided into equal parts."""

_Kind = Literal["letter", "ideograph", "picture", "flag", "joiner", "apostrophe", "space", "other"]
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_SKIN = range(0x1F3FB, 0x1F400)
_FLAG = range(0x1F1E6, 0x1F200)
_KINDS: dict[str, _Kind] = {"So": "picture", "Cf": "joiner"}
"""Kinds by Unicode's general category."""
_ZERO_WIDTH_JOINER = "\u200d"
_EMOTICON = re.compile(r"[^\w\s]{2,8}")
_EYES = frozenset(":;=<>^")
_FULL_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*|[。！？｡]+|\n")


def word_spans(text: str) -> list[Span]:
    """Return where the words of `text` are."""
    found: list[Span] = []
    at = 0
    while at < len(text):
        end = _word_end(text, at)
        if end > at:
            found.append((at, end))
        at = max(end, at + 1)
    return found


def sentence_spans(text: str, words: list[Span], gap: int | None = None) -> list[Span]:
    """Return the sentences of `text` that have words, given its `words`, each from its first word to its last.

    A sentence ends after a full stop before white space, with its line, or at the `gap` where text is left out.
    """
    found: list[Span] = []
    for group in _groups(words, sorted({*_borders(text), len(text), *(() if gap is None else (gap,))})):
        parts = -(-len(group) // MOST_WORDS)
        for part in range(parts):
            some = group[part * len(group) // parts : (part + 1) * len(group) // parts]
            found.append((some[0][0], some[-1][1]))
    return found


def _groups(words: list[Span], borders: list[int]) -> Iterator[list[Span]]:
    """Yield the words of each sentence that has any, given where sentences end."""
    number = 0
    for border in borders:
        first = number
        while number < len(words) and words[number][0] < border:
            number += 1
        if number > first:
            yield words[first:number]


def _borders(text: str) -> Iterator[int]:
    """Yield where sentences end. Every run of full stops is looked at once, however long it is."""
    for match in _FULL_STOP.finditer(text):
        end = match.end()
        if match[0][0] not in ".!?…" or end == len(text) or text[end].isspace():
            yield end


def _word_end(text: str, start: int) -> int:
    """Return where a word that begins at `start` ends; `start` if none begins there."""
    kind = _kind(text[start])
    if kind == "letter":
        return _letters_end(text, start)
    if kind == "ideograph":
        return _marks_end(text, start + 1)
    if kind == "flag":
        paired = start + 1 < len(text) and _kind(text[start + 1]) == "flag"
        return start + 2 if paired else start + 1
    if kind == "picture":
        return _picture_end(text, start)
    if kind in ("other", "apostrophe") and (start == 0 or text[start - 1].isspace()):
        match = _EMOTICON.match(text, start)
        alone = match is not None and (match.end() == len(text) or text[match.end()].isspace())
        if match is not None and alone and not _EYES.isdisjoint(match[0]):
            return match.end()
    return start


def _letters_end(text: str, start: int) -> int:
    end = at = start + 1
    while at < len(text):
        kind = _kind(text[at])
        if kind == "letter":
            end = at + 1
        elif kind == "apostrophe":
            if at + 1 == len(text) or _kind(text[at + 1]) != "letter" or end != at:
                break
        elif kind != "joiner":
            break
        at += 1
    return end


def _marks_end(text: str, at: int) -> int:
    """Return the end of the marks and invisible characters that begin at `at`."""
    while at < len(text) and (unicodedata.category(text[at])[0] == "M" or _kind(text[at]) == "joiner"):
        at += 1
    return at


def _picture_end(text: str, start: int) -> int:
    """Return the end of an emoji: with its variant and skin, and with what is joined to it."""
    at = start + 1
    while True:
        while at < len(text) and (ord(text[at]) in _SKIN or unicodedata.category(text[at])[0] == "M"):
            at += 1
        end = _marks_end(text, at)
        if end == at or text[end - 1] != _ZERO_WIDTH_JOINER or end == len(text) or _kind(text[end]) != "picture":
            return end
        at = end + 1


def _kind(character: str) -> _Kind:
    code = ord(character)
    if code >= 0x80:
        return _kind_beyond_ascii(character, code)
    if character.isalnum() or character == "_":
        return "letter"
    return "apostrophe" if character == "'" else "space" if character.isspace() else "other"


def _kind_beyond_ascii(character: str, code: int) -> _Kind:
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return "ideograph"
    if code in _FLAG:
        return "flag"
    category = unicodedata.category(character)
    if category in _KINDS:
        return _KINDS[category]
    if category[0] in "LNM":
        return "letter"
    return "apostrophe" if character == "’" else "space" if character.isspace() else "other"
