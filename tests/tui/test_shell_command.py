"""A copied command asks for what the screen was about to do: what is written is what the command line reads back."""

from __future__ import annotations

import shlex

import click
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from core.reviews.options import ReadingOptions
from tui.commands.main import app
from tui.commands.options import reading_options
from tui.shell_command import READING_FLAGS, parse_reading, quoted, reading_words, train_command

TRAIN = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]

words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
readings = st.builds(
    ReadingOptions,
    text=st.none() | words.filter(bool),
    title=st.none() | words,
    label=st.none() | words,
    scheme=st.sampled_from(["auto", "as_is", "stars_binary", "stars"]),
    label_names=st.dictionaries(words, words, max_size=3),
    delimiter=st.none() | st.sampled_from([",", ";", "\t", "|", "=", "-", "'", "\\", "漢"]),
    encoding=st.none() | st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    header=st.none() | st.booleans(),
    model_labels=st.booleans(),
)


def parsed(command: list[str]) -> click.Context:
    """As the command line parses it."""
    return TRAIN.make_context("train", command[2:])


@given(readings)
def test_every_reading_comes_back_from_the_command_line(reading: ReadingOptions) -> None:
    command = train_command("/data/reviews.csv", reading, "quick", {"epochs": "3"}, "mine")
    assert shlex.split(shlex.join(command)) == command
    params = parsed(command).params
    given = {one.field: params[f"reading_{one.field}"] for one in READING_FLAGS}
    assert reading_options(given) == reading
    assert params["data"] == "/data/reviews.csv" and params["assignments"] == ["epochs=3"] and params["name"] == "mine"


def test_there_is_a_flag_for_every_part_of_a_reading() -> None:
    assert {one.field for one in READING_FLAGS} == set(ReadingOptions.model_fields)


def test_what_is_detected_needs_no_flag() -> None:
    assert list(reading_words(ReadingOptions())) == []
    assert parse_reading({}) == ReadingOptions()


@pytest.mark.parametrize("delimiter", ["\t"])
def test_a_tab_is_written_as_people_write_it(delimiter: str) -> None:
    assert quoted(list(reading_words(ReadingOptions(delimiter=delimiter)))) == r"--delimiter '\t'"
