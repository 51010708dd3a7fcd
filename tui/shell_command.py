"""Builds the command line for what a screen is about to do, ready to be pasted into a shell.

`READING_FLAGS` is the one table of flags about how a source is read. The command line parser is built from it
(`tui/commands/options.py`), so that what a screen copies is what the parser reads back.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.base.text import STEERING

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions


@dataclass(frozen=True)
class ReadingFlag:
    """A flag that sets one field of `ReadingOptions`."""

    field: str
    flag: str
    """As it is typed; for a switch `--on/--off`."""
    help: str
    kind: type = str
    """`str`, `bool` for a switch, or `dict` for a flag that takes NAME=VALUE and can be repeated."""


READING_FLAGS = (
    ReadingFlag("text", "--text", "Column that holds the review."),
    ReadingFlag("title", "--title", "Column joined before the text; '' joins none."),
    ReadingFlag("label", "--label", "Column that holds the label; '' reads without labels."),
    ReadingFlag("scheme", "--labels", "How labels are read: auto, as_is, stars_binary or stars."),
    ReadingFlag("scale", "--scale", "Lowest and highest rating, such as 1-5 or 0-10, if it is not found."),
    ReadingFlag("label_names", "--class", "Name the class of a label, as in --class 1=bad; any number of times.", dict),
    ReadingFlag("delimiter", "--delimiter", "What is between fields, as in ; or tab or :: or \\x01."),
    ReadingFlag("quoting", "--quoting", "How a CSV file quotes: standard, none or backslash."),
    ReadingFlag("table", "--table", "Sheet of a spreadsheet, table of a database or file of an archive to read."),
    ReadingFlag("encoding", "--encoding", "Text encoding, such as utf-8 or windows-1252."),
    ReadingFlag("header", "--header/--no-header", "Whether the first line names the columns.", bool),
    ReadingFlag("model_labels", "--model-labels/--no-model-labels", "Whether to use labels that a model gave.", bool),
)


def reading_words(reading: ReadingOptions) -> Iterator[str]:
    """Yield the flags, with their values, that a parser turns back into `reading`."""
    chosen = reading.model_dump(exclude_defaults=True)
    for one in READING_FLAGS:
        value = chosen.get(one.field)
        if value is None:
            continue
        if one.kind is bool:
            yield one.flag.split("/")[0 if value else 1]
        elif one.kind is dict:
            for key, name in value.items():
                yield from (one.flag, f"{_escaped(key)}={name}")
        else:
            yield from (one.flag, "\\t" if value == "\t" and one.field == "delimiter" else value)


def parse_reading(given: Mapping[str, Any]) -> ReadingOptions:
    """Return the options that were given as flags: field → value, None where its flag was not given.

    Raises:
        pydantic.ValidationError: A value that `ReadingOptions` does not accept.
        ValueError: A class without `=`.
    """
    from core.reviews.options import ReadingOptions

    chosen = {one.field: given[one.field] for one in READING_FLAGS if given.get(one.field) is not None}
    if chosen.get("delimiter") == "\\t":
        chosen["delimiter"] = "\t"
    if "label_names" in chosen:
        chosen["label_names"] = dict(map(_class_name, chosen["label_names"]))
    return ReadingOptions.model_validate(chosen)


def _escaped(label: str) -> str:
    return re.sub(r"([\\=])", r"\\\1", label)


def _class_name(word: str) -> tuple[str, str]:
    """Split `label=name` at the first `=` that no backslash precedes."""
    found = re.fullmatch(r"((?:[^\\=]|\\.)*)=(.*)", word, re.DOTALL)
    if found is None:
        raise ValueError(f"'{word}' has no '='")
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), found[2]


def train_command(
    source: str,
    reading: ReadingOptions,
    preset: str,
    typed: Mapping[str, str],
    name: str = "",
    hypothesis: str = "",
) -> list[str]:
    """Return the words of the command that starts a run."""
    words = ["reviewtui", "train", source, *reading_words(reading), "--preset", preset]
    for setting, text in typed.items():
        words += ["--set", f"{setting}={text}"]
    words += ["--name", name] if name else []
    return [*words, "--hypothesis", hypothesis] if hypothesis else words


def sweep_command(run: list[str], space: Mapping[str, str], answers: Mapping[str, str]) -> list[str]:
    """Return the words of the command that starts a sweep.

    Args:
        run: Those that start a single run with the settings that all trials share.
        space: Setting → its range.
        answers: Flag → what was said about the sweep besides.
    """
    words = ["reviewtui", "sweep", *run[2:]]
    for setting, text in space.items():
        words += ["--space", f"{setting}={text}"]
    for flag, text in answers.items():
        words += [f"--{flag}", text]
    return words


def seeds_command(run: list[str], seeds: str) -> list[str]:
    """Return the words of the command that starts `run` with several seeds."""
    return [*run, "--seeds", seeds]


def versus_command(run: list[str], models: Iterable[str], seeds: str) -> list[str]:
    """Return the words of the command that trains models against each other with the settings of `run`."""
    named = [word for model in models for word in ("--model", model)]
    return ["reviewtui", "versus", *run[2:], *named, "--seeds", seeds]


_OBEYED = STEERING | {0x09, 0x0A}
"""Characters that a terminal, or the shell's line editor, interprets as commands when they are pasted."""


def quoted(words: list[str]) -> str:
    """Return `words` quoted for a shell. The result can be pasted into a terminal safely, whatever it contains."""
    return " ".join(_spelled(word) if _OBEYED.intersection(map(ord, word)) else shlex.quote(word) for word in words)


def _spelled(word: str) -> str:
    """Spell a word as `$'…'`, which bash, zsh and ksh read back: all but plain ASCII by its bytes."""
    return "$'" + "".join(map(_spelled_character, word)) + "'"


def _spelled_character(character: str) -> str:
    if " " <= character <= "~" and character not in "'\\":
        return character
    halves = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", halves))
