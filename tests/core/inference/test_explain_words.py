"""Words and sentences of a review: in any script, apart and in order, and never quadratic."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inference import explain_words
from core.inference.explain_words import MOST_WORDS, sentence_spans, word_spans

ODD = "aZ9_'’-. ,!?…\n\t\u200b\u200d\ufe0f\u0301\u202e\u200f👍🏽👩🇩🇪あ字漢한أنह\u0940\u20e3\ud800"
texts = st.one_of(st.text(max_size=60), st.text(alphabet=ODD, max_size=60))


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The lamp isn't great, it is broken.", ["The", "lamp", "isn't", "great", "it", "is", "broken"]),
        ("rock ’n’ roll, the cats' 'quoted'", ["rock", "n", "roll", "the", "cats", "quoted"]),
        ("don''t x'", ["don", "t", "x"]),
        ("4.5/5 a_b well-made", ["4", "5", "5", "a_b", "well", "made"]),
        ("e\u0301te\u0301 नमस्ते दुनिया", ["e\u0301te\u0301", "नमस्ते", "दुनिया"]),
        ("جهاز رائع \u202bجدا\u202c", ["جهاز", "رائع", "جدا"]),
        ("很好 ok", ["很", "好", "ok"]),
        ("gr\u200beat\u200b stuff", ["gr\u200beat", "stuff"]),
        (
            "ok👍🏽👍🏽 👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪🇫🇷🇩 1\ufe0f\u20e3",
            "ok 👍🏽 👍🏽 👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪 🇫🇷 🇩 1\ufe0f\u20e3".split(),
        ),
        ("meh :-( really?! -- ... ?! ;) x:)", ["meh", ":-(", "really", ";)", "x"]),
        ("", []),
        (" \n\u200b.,; ", []),
        ("\u200d👍\u200d", ["👍\u200d"]),
    ],
)
def test_words_are_what_a_reader_takes_for_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@given(texts)
def test_spans_are_ascending_and_apart_and_leave_out_no_letter(text: str) -> None:
    spans = word_spans(text)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        assert not text[start].isspace() and not text[end - 1].isspace()
        assert not any(character.isalnum() for character in text[at:start])
        at = end
    assert not any(character.isalnum() for character in text[at:])


@given(texts)
def test_every_word_is_in_one_sentence(text: str) -> None:
    spans = word_spans(text)
    sentences = sentence_spans(text, spans)
    assert sentences == sorted(sentences)
    for before, after in itertools.pairwise(sentences):
        assert before[1] <= after[0]
    for start, end in spans:
        assert sum(first <= start and end <= last for first, last in sentences) == 1
    for first, last in sentences:
        assert sum(first <= start < last for start, _ in spans) <= MOST_WORDS


def test_sentences_end_at_full_stops_and_lines_but_not_in_numbers() -> None:
    text = 'It cost 3.50 in all. "Great!" she said... and so on\nNew line？好。坏。 No end'
    sentences = [text[start:end] for start, end in sentence_spans(text, word_spans(text))]
    assert sentences == ["It cost 3.50 in all", "Great", "she said", "and so on", "New line", "好", "坏", "No end"]


def test_a_sentence_without_end_is_divided_evenly() -> None:
    text = "word " * 100
    sizes = [len(text[start:end].split()) for start, end in sentence_spans(text, word_spans(text))]
    assert sizes == [20] * 5


@pytest.mark.parametrize(
    "part", ["!", "'", "a'", "a\u200d\u200d\u200d\u200d", "\u200d", "👍\u200d", "\u0301", ":-( ", ". "]
)
def test_no_character_is_looked_at_often(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    kind = explain_words._kind

    def counted(character: str) -> str:
        nonlocal looked
        looked += 1
        return kind(character)

    monkeypatch.setattr(explain_words, "_kind", counted)
    text = part * (3_000 // len(part))
    sentence_spans(text, word_spans(text))
    assert looked <= 4 * len(text) + 4
