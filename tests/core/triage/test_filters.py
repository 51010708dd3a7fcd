"""Filters: what is typed means what it says, and nothing that is not understood passes in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.triage.filters import FIELDS, Term, parse_filter

LABELS = ("negative", "positive", "very positive")


def terms(text: str) -> list[Term]:
    found = parse_filter(text, LABELS)
    assert not found.problem, found.problem
    return list(found.terms)


def problem(text: str) -> str:
    found = parse_filter(text, LABELS)
    assert found.problem
    return found.problem


def test_words_phrases_and_their_opposites() -> None:
    assert terms('refund "did not fit" -cheap') == [
        Term("", "=", "refund"),
        Term("", "=", "did not fit"),
        Term("", "=", "cheap", turned=True),
    ]


def test_numbers_labels_and_states() -> None:
    assert terms("p<0.7 p>=50% length>100") == [
        Term("p", "<", "0.7", 0.7),
        Term("p", ">=", "50%", 0.5),
        Term("length", ">", "100", 100.0),
    ]
    assert terms('label:negative predicted:"very positive" label!=neg') == [
        Term("label", "=", "negative"),
        Term("predicted", "=", "very positive"),
        Term("label", "=", "negative", turned=True),
    ]
    assert terms("state:undecided state:flagged by:me disagree:you STATE:Skip note:late") == [
        Term("state", "=", "undecided"),
        Term("state", "=", "flag"),
        Term("by", "=", "human"),
        Term("disagree", "=", "you"),
        Term("state", "=", "skip"),
        Term("note", "=", "late"),
    ]


def test_what_a_filter_needs_is_known_before_it_is_used() -> None:
    assert not parse_filter("refund state:skip length>3", LABELS).needs_scores
    assert parse_filter("-p<0.7", LABELS).needs_scores
    assert parse_filter("disagree:models", LABELS).needs_second_model
    assert not parse_filter("disagree:you", LABELS).needs_second_model


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lable:negative", "There is no filter 'lable'; did you mean label?"),
        ("zzz>3", "There is no filter 'zzz'; they are label, predicted, p,"),
        ("label:bad", "label:bad is unknown; it is one of negative, positive, very positive."),
        ("label:", "label: needs one of negative, positive, very positive."),
        ("predicted:e", "predicted:e is unknown"),
        ("state:done", "state:done is unknown; it is one of undecided, decided, label, skip, flag, ambiguous."),
        ("p<", "p needs a probability, such as p<0.7."),
        ("p:high", "p needs a probability"),
        ("length>1e9x", "length needs a number of words"),
        ("state<skip", "state is not a number: write state:undecided."),
        ("label>negative", "label is not a number: write label:negative."),
        ("note:", "note: needs a word of the note"),
        ('""', "Between quotation marks stand the words to look for."),
    ],
)
def test_what_is_not_understood_is_refused_in_a_sentence(text: str, said: str) -> None:
    assert said in problem(f"refund {text}")
    assert problem(f"refund {text}").endswith((".", "?"))


def test_a_refused_term_does_not_spoil_the_others_and_the_first_refusal_is_told() -> None:
    found = parse_filter("refund zzz>3 yyy>4 broken", LABELS)
    assert [term.value for term in found.terms] == ["refund", "broken"] and "'zzz'" in found.problem


def test_a_beginning_that_several_labels_share_is_not_clear() -> None:
    assert "is not clear" in parse_filter("label:p", ("poor", "perfect")).problem
    assert parse_filter("label:positive", LABELS).terms[0].value == "positive", "the exact name wins"


@given(st.text(max_size=40))
def test_any_text_at_all_gives_terms_or_a_sentence(text: str) -> None:
    found = parse_filter(text, LABELS)
    assert all(term.field in ("", *FIELDS) for term in found.terms)
    assert "\n" not in found.problem and "\x1b" not in found.problem


def test_hostile_words_do_not_reach_the_sentence() -> None:
    said = problem("x\x1b[31m>3 ") if parse_filter("x\x1b[31m>3 ", LABELS).problem else ""
    assert "\x1b" not in said
    assert "\x1b" not in problem("label:\x1b[2J")
