"""An explanation in sentences: never a cause, no figure beyond 0 and 1, nothing that could control a terminal."""

from __future__ import annotations

from dataclasses import replace

from core.inference.explanation import Explanation, Part, Reliability
from tests.hostile import CORPUS, STEERS
from tui import explanation_text as words


def part(text: str, change: float, label: str = "negative", deleted: float | None = None) -> Part:
    return Part(text, 0, len(text), "word", change, label, deleted)


FOUND = Explanation(
    "negative",
    0.94,
    "word",
    (part("ok", 0.004), part("great", -0.04), part("broken", 0.33), part("not", 0.55, "positive", 0.02)),
    "",
)


def test_a_part_is_a_statement_about_the_model() -> None:
    _, _, broken, negation = FOUND.parts
    assert words.statement(FOUND, broken) == "without 'broken': negative 0.94 → 0.61"
    assert words.statement(FOUND, negation) == (
        "without 'not': negative 0.94 → 0.39, then positive; deleted instead of masked: 0.92"
    )
    assert words.signed(0.33) == "+0.33" and words.signed(-0.04) == "−0.04"


def test_only_words_that_change_what_shows_are_named_the_strongest_first() -> None:
    assert [one.text for one in words.named(FOUND)] == ["not", "broken", "great"]
    flipping = replace(FOUND, parts=(*FOUND.parts, part("a", 0.001, "positive")))
    assert [one.text for one in words.named(flipping)] == ["not", "broken", "a", "great"]


def test_rounding_never_leaves_the_range_of_a_probability() -> None:
    assert words.without(FOUND, part("x", 0.9401)) == "negative 0.94 → 0.00"
    assert words.without(replace(FOUND, probability=0.99), part("x", -0.02)) == "negative 0.99 → 1.00"


def test_the_strongest_together_stand_beside_random_ones() -> None:
    assert words.together(FOUND) == ""
    both = replace(FOUND, reliability=Reliability(3, 0.84, (0.01, 0.03)))
    assert words.together(both) == "without the 3 strongest for it: 0.94 → 0.10; without 3 random others: 0.92"


def test_what_is_not_read_is_quoted() -> None:
    assert words.unread(FOUND, "all of it") == ""
    assert words.unread(replace(FOUND, not_read=(4, 9)), "read, not") == "not read: 5 characters, ', not'"


def test_hostile_words_and_labels_control_nothing() -> None:
    for text in CORPUS:
        said = words.statement(replace(FOUND, label=text), part(text, 0.5, text + "x", 0.1))
        said += words.unread(replace(FOUND, not_read=(0, len(text))), text)
        assert not any(one in STEERS for one in said)
