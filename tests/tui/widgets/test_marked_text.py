"""Marks: nothing of a text is lost or moved by them, they stand where they were asked to, and parts have one style."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.base.text import clean
from tui.widgets.marked_text import MARKS, Mark, marked

TEXTS = st.text(st.sampled_from("ab\t\n é漢😡\x1b\u202e"), max_size=60)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, tuple[int, int] | None, list[tuple[int, int]]]:
    text = draw(TEXTS)
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    unknown = list(zip(places[::2], places[1::2], strict=False))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text, draw(st.sampled_from([None, (start, end)])), unknown


@given(cases(), st.integers(0, 80), st.integers(0, 80))
def test_a_text_is_cleaned_and_marked_and_otherwise_as_it_was(
    case: tuple[str, tuple[int, int] | None, list[tuple[int, int]]], start: int, size: int
) -> None:
    text, lost, unknown = case
    found = marked(text, lost, unknown)
    bare = found.text
    for marks in MARKS.values():
        for mark in marks:
            bare = bare.replace(mark, "")
    assert "".join(bare.split()) == "".join(clean(text).split()) and "\t" not in found.text
    if not found.marks:
        assert found.text == clean(text).expandtabs(4)
    before = 0
    for begin, end, kind in found.marks:
        assert before <= begin < end
        assert (found.text[begin], found.text[end - 1]) == tuple(MARKS[kind])
        before = end
    assert found.text.count("⟦") == sum(kind == "cut" for _, _, kind in found.marks) <= 1
    parts = list(found.parts(start, start + size))
    assert "".join(part for part, _ in parts) == found.text[start : start + size]
    at = start
    for part, kind in parts:
        inside = [one for begin, end, one in found.marks if begin <= at and at + len(part) <= end]
        assert kind == (inside[0] if inside else None)
        at += len(part)


def test_white_space_after_the_part_that_is_cut_off_stays_outside() -> None:
    assert marked("one two three", (0, 4)).text == "⟦one⟧ two three"
    assert marked("one two three", (4, 13), [(0, 3), (5, 6)]).text == "⟪one⟫ ⟦two three⟧"
    assert marked("a\tb", None, [(0, 1)]).text == "⟪a⟫ b"


def test_further_marks_stand_where_they_are_and_nothing_else_does() -> None:
    text = "a great 👍 lamp, broken"
    found = marked(text, (16, 22), [(8, 9)], [Mark(0, 0, "s", "‹1› "), Mark(2, 7, "w", "[+", "+]"), Mark(8, 9, "w")])
    assert found.text == "‹1› a [+great+] 👍 lamp, ⟦broken⟧"
    assert [(found.text[start:end], kind) for start, end, kind in found.marks] == [
        ("‹1› ", "s"), ("[+great+]", "w"), ("👍", "w"), ("⟦broken⟧", "cut"),
    ]  # fmt: skip


def test_further_marks_end_where_the_cut_begins_and_are_left_out_within_it() -> None:
    found = marked("broken lamp", (3, 11), [], [Mark(0, 6, "w", "[", "]"), Mark(7, 11, "w", "[", "]")])
    assert found.text == "[bro]⟦ken lamp⟧"


@given(cases(), st.lists(st.integers(0, 60), max_size=6))
def test_whatever_is_marked_the_text_is_the_same(
    case: tuple[str, tuple[int, int] | None, list[tuple[int, int]]], places: list[int]
) -> None:
    text, lost, unknown = case
    ends = sorted({min(place, len(text)) for place in places})
    others = [Mark(start, end, "w", "«", "»") for start, end in zip(ends[::2], ends[1::2], strict=False)]
    found = marked(text, lost, unknown, others)
    bare = found.text
    for mark in "".join(MARKS.values()) + "«»":
        bare = bare.replace(mark, "")
    assert "".join(bare.split()) == "".join(clean(text).split())
    before = 0
    for start, end, _ in found.marks:
        assert before <= start <= end
        before = end
