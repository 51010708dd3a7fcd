"""What is typed to find reviews of a pile: `refund label:negative p<0.7 state:undecided -"gift card"`.

    word, "two words"     in the text, whatever the case
    label:NAME            the label that you gave, or that a copy, an import or the model was given in your name
    predicted:NAME        the model's label
    p<0.7                 the probability of the model's label, also as 70%
    margin<0.1            that probability minus the one of the second label
    state:undecided       undecided, decided, label, skip, flag or ambiguous
    by:human              whose word a decision is: human, copy, model or import
    disagree:you          you gave another label than the model; disagree:models: two models have different labels
    length>100            words in the review
    tokens>128            tokens in the review; cut:yes: more than the model reads
    unknown>2             tokens that the model's tokenizer does not know
    copies>0              near copies in the pile
    note:late             your note has the word; note:yes: there is a note

Comparisons are = != < <= > >=; `:` is the same as `=`. A minus turns a term around. All terms must fit. What is not
known of a review, such as the prediction before it is scored, fits neither a term nor its opposite.

This module only reads what is typed; `core/triage/filtering.py` finds the reviews.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from core.base.text import clean_line

Sign = Literal["=", "!=", "<", "<=", ">", ">="]

NUMBERS = {
    "p": "a probability, such as p<0.7",
    "margin": "a difference of probabilities, such as margin<0.1",
    "length": "a number of words, such as length>100",
    "tokens": "a number of tokens, such as tokens>128",
    "unknown": "a number of tokens, such as unknown>2",
    "copies": "a number of copies, such as copies>0",
}
"""Fields that are compared with a number → what the number is."""
WORDS: dict[str, tuple[str, ...]] = {
    "state": ("undecided", "decided", "label", "skip", "flag", "ambiguous"),
    "by": ("human", "copy", "model", "import"),
    "disagree": ("you", "models"),
    "cut": ("yes", "no"),
}
"""Fields that have one of a few values."""
LABELS = ("label", "predicted")
"""Fields whose value is a label."""
NOTE = "note"
FIELDS = (*LABELS, *NUMBERS, *WORDS, NOTE)
SCORED = frozenset(("predicted", "p", "margin", "tokens", "unknown", "cut", "disagree"))
"""Fields that need what a model says."""

_WORDS = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_TERM = re.compile(r"([A-Za-z_]\w*)(>=|<=|!=|=|>|<|:)(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)")
_MORE: dict[str, str] = {"skipped": "skip", "flagged": "flag", "labelled": "label", "me": "human", "both": "models"}
"""Other words for some values."""


@dataclass(frozen=True)
class Term:
    """One condition."""

    field: str
    """One of `FIELDS`; empty for words in the text."""
    sign: Sign
    value: str
    number: float = 0.0
    """The value of a number."""
    turned: bool = False
    """Whether it must not fit."""


@dataclass(frozen=True)
class Filter:
    """Conditions that a review must fit, all of them."""

    terms: tuple[Term, ...] = ()
    problem: str = ""
    """What is wrong with the first term that cannot be used, as a sentence; empty if nothing is."""
    fields: frozenset[str] = field(default_factory=frozenset)
    """The fields of all terms."""

    @property
    def needs_scores(self) -> bool:
        return bool(self.fields & SCORED)

    @property
    def needs_second_model(self) -> bool:
        return any(term.field == "disagree" and term.value == "models" for term in self.terms)


def parse_filter(text: str, labels: Sequence[str]) -> Filter:
    """Return the conditions that `text` asks for.

    Args:
        labels: The labels of the pile and of its model.
    """
    terms: list[Term] = []
    problem = ""
    for word in _WORDS.findall(text):
        turned = word.startswith("-") and len(word) > 1
        try:
            terms.append(_term(word.removeprefix("-") if turned else word, turned, labels))
        except ValueError as error:
            problem = problem or str(error)
    return Filter(tuple(terms), problem, frozenset(term.field for term in terms))


def _term(word: str, turned: bool, labels: Sequence[str]) -> Term:
    """Return the condition that a word asks for.

    Raises:
        ValueError: It asks for none; the message is a sentence.
    """
    found = _TERM.fullmatch(word)
    if found is None:
        wanted = word.replace('"', "")
        if not wanted.strip():
            raise ValueError("Between quotation marks stand the words to look for.")
        return Term("", "=", wanted, turned=turned)
    name, sign, value = found[1].casefold(), _sign(found[2]), found[3].replace('"', "").strip()
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(FIELDS)}."
        raise ValueError(f"There is no filter '{clean_line(found[1], 30)}'; {hint}")
    if name in NUMBERS:
        return Term(name, sign, value, _number(name, value), turned)
    if sign not in ("=", "!="):
        raise ValueError(f"{name} is not a number: write {name}:{_example(name, labels)}.")
    if name in WORDS:
        value = _one_of(name, value, WORDS[name])
    elif name in LABELS:
        value = _one_of(name, value, labels) if labels else value
    elif not value:
        raise ValueError("note: needs a word of the note, or note:yes for any.")
    return Term(name, "=", value, turned=turned is not (sign == "!="))


def _sign(written: str) -> Sign:
    signs: dict[str, Sign] = {":": "=", "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return signs[written]


def _example(name: str, labels: Sequence[str]) -> str:
    if name in LABELS:
        return clean_line(labels[0], 30) if labels else "NAME"
    return WORDS[name][0] if name in WORDS else "word"


def _number(name: str, value: str) -> float:
    found = _NUMBER.fullmatch(value)
    if found is None:
        raise ValueError(f"{name} needs {NUMBERS[name]}.")
    return float(found[1]) / (100 if found[2] else 1)


def _one_of(name: str, value: str, known: Sequence[str]) -> str:
    """Return which of `known` is meant: by its name, or by a beginning that no other has."""
    wanted = _MORE.get(value.casefold(), value.casefold())
    exact = [one for one in known if one.casefold() == wanted]
    meant = exact or [one for one in known if wanted and one.casefold().startswith(wanted)]
    if len(meant) == 1:
        return meant[0]
    shown = ", ".join(clean_line(one, 30) for one in known[:12])
    if not value:
        raise ValueError(f"{name}: needs one of {shown}.")
    what = "is not clear" if meant else "is unknown"
    raise ValueError(f"{name}:{clean_line(value, 30)} {what}; it is one of {shown}.")
