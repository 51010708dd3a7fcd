"""Reviews that begin with a dash are reviews, options stay options, and any terminal can be written to."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.commands import classify, output
from tui.commands import main as command_line

FOUND: list[dict[str, Any]] = []


class AskedError(Exception):
    """Raised in place of asking the engine."""


def texts_of(patch: pytest.MonkeyPatch, *arguments: str) -> tuple[str, ...]:
    """Return the reviews that `classify` would ask about."""

    def ask(request: Any) -> Any:
        FOUND.append({"texts": request.texts, "explain": request.explain})
        raise AskedError

    patch.setattr(classify, "ask", ask)
    patch.setattr(sys, "argv", ["reviewtui", "classify", "--model", "starter", *arguments])
    with pytest.raises(AskedError):
        command_line.app(standalone_mode=False)
    return tuple(FOUND[-1]["texts"])


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(words.map(lambda word: f"- {word} x"), min_size=1, max_size=4), explain=st.booleans())
def test_reviews_that_begin_with_a_dash_come_through_in_order(texts: list[str], explain: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert texts_of(patch, *texts, *["--explain"] * explain) == tuple(texts)
        assert FOUND[-1]["explain"] is explain
        assert texts_of(patch, "--", *texts, "-5") == (*texts, "-5")


@pytest.mark.parametrize(
    "text", ["-5 stars, never again", "--- do not buy ---", "-h is not help here", "--explain this"]
)
def test_blanks_make_a_review_of_what_looks_like_an_option(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert texts_of(monkeypatch, "Fine.", text) == ("Fine.", text)


def test_an_option_keeps_its_value_even_if_that_looks_like_a_review(monkeypatch: pytest.MonkeyPatch) -> None:
    assert texts_of(monkeypatch, "--precision", "fp32", "- works - well") == ("- works - well",)
    monkeypatch.setattr(sys, "argv", ["reviewtui", "classify", "--file", "- my reviews.csv"])
    assert command_line._status() == 2


@pytest.mark.parametrize(("word", "way_out"), [("-5", "goes after --"), ("--explan", "--explain")])
def test_a_word_that_is_no_option_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str, way_out: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["reviewtui", "classify", word])
    assert command_line._status() == 2
    assert f"No such option: {word}" in (said := capsys.readouterr().err) and way_out in said


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_a_terminal_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, errors="strict"))
    output.replace_what_cannot_be_shown()
    output.say("★ naïve 😀 end")
    sys.stdout.flush()
    line = written.getvalue().decode(encoding)
    assert line.endswith("end\n") and line.count("?") == {"ascii": 3, "latin-1": 2, "cp1252": 2, "utf-8": 0}[encoding]
