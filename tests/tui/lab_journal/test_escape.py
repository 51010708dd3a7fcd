"""Whatever users and data say, Markdown shows it as it is: no heading, link, cell or emphasis comes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.base.text import clean_line
from tests.hostile import CORPUS
from tui.lab_journal.escape import fenced, inline

MEANT = st.text(alphabet=st.sampled_from("\\`*_[]<>&|~#$^@!-+=.:;/()wh1t 'x\"{}é漢\t\n"), max_size=60)
TEXTS = st.one_of(st.text(max_size=80), MEANT)
BLOCKS = "paragraph heading bullet_list list_item table thead tbody tr th td".split()
HARMLESS = {"inline", "text", "softbreak", *(f"{one}_{end}" for one in BLOCKS for end in ("open", "close"))}
PLACES = {
    "heading": "## 2026-09-01 · {}",
    "item": "- **Note:** {}\n- next",
    "cell": "| a | b |\n| --- | ---: |\n| {} | x |",
    "paragraph": "{}",
    "after a bracket": "- {} (end)",
}


def reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from leaves(token.children or [])


def shown(tokens: list[Token]) -> str:
    """The text that a reader sees, blocks apart."""
    return "\x00".join(
        "".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"
    )


@pytest.mark.parametrize("place", PLACES)
@given(TEXTS)
def test_a_text_comes_out_as_it_went_in(place: str, text: str) -> None:
    wanted, template = clean_line(text), PLACES[place]
    marked = reader().parse(template.format(inline(text)))
    plain = reader().parse(template.format("Q"))
    assert shown(marked) == shown(plain).replace("Q", wanted) or not wanted
    if wanted:
        kinds = [token.type for token in leaves(marked) if token.type != "text"]
        assert kinds == [token.type for token in leaves(plain) if token.type != "text"]


@pytest.mark.parametrize("text", CORPUS[::7])
def test_hostile_texts_make_nothing(text: str) -> None:
    for template in PLACES.values():
        tokens = list(leaves(reader().parse(template.format(inline(text, 200) or "x"))))
        assert {token.type for token in tokens} - {"strong_open", "strong_close"} <= HARMLESS


@given(TEXTS)
def test_a_block_of_code_ends_only_at_its_end(text: str) -> None:
    lines = "\n".join(clean_line(line) for line in text.splitlines())
    first, after = reader().parse(f"{fenced(lines)}\n\nafter")[:2]
    assert (first.type, first.content.rstrip("\n")) == ("fence", lines.rstrip("\n")) and after.type == "paragraph_open"
