"""What reading a source has found: shown on the Data screen, and kept as JSON in the cache.

It imports only pydantic. Names, values and excerpts come from data: show them through `core.base.text`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field


class Column(BaseModel):
    """One column of the source."""

    name: str
    kind: str
    """text, category, number, boolean, date, other (short unique strings, such as ids), nested or empty."""
    filled: int
    """Number of rows with a value."""
    distinct: int | None
    """Number of distinct values; None if there are too many to count."""
    examples: list[str] = Field(default_factory=list)


class SkippedRow(BaseModel):
    """A row that was left out."""

    file: str
    line: int
    """Physical line, from 1, on which the record starts; the number of the row in formats without lines."""
    reason: str
    excerpt: str
    """At most 80 characters of the row."""


class Candidate(BaseModel):
    """A column that could play a role, with the reason."""

    column: str
    why: str
    """Part of a sentence, such as "named like a rating, 5 values from 1 to 5"."""


class Doubt(BaseModel):
    """A close call: what was assumed, and how to say otherwise. Screens ask about it, commands print it."""

    about: str
    """text, title, label, scheme, quoting, encoding, table or part."""
    sentence: str
    ways: Mapping[str, Mapping[str, str | Mapping[str, str]]] = Field(default_factory=dict)
    """What each alternative means, in words → the fields of `ReadingOptions` that choose it."""


class ClassExample(BaseModel):
    """A row of a class, to show what the class means."""

    raw: str
    """Its label as it is in the source."""
    excerpt: str
    file: str
    line: int


class Account(BaseModel):
    """Where everything in a file went. Always, `total == reviews + left_out + sum(skipped.values())`."""

    file: str
    unit: str
    """What was counted, independently of the parser: lines, values or rows."""
    total: int
    reviews: int
    """Units that became rows of the report that are kept."""
    left_out: int
    """Units of rows that were left out, each with its reason."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Units that are not rows: what they are (header, blank line, comment) → how many."""


class Duplicates(BaseModel):
    """Reviews whose normalized text occurs more than once."""

    rows: int = 0
    """Rows that repeat the text of an earlier row."""
    groups: int = 0
    """Texts that occur more than once."""
    conflicting: int = 0
    """Number of those texts whose copies have different labels."""


class ReadingReport(BaseModel):
    """Everything that was found in a source. Always, `rows == kept + sum(left_out.values())`."""

    source: str
    files: list[str]
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    columns: list[Column]
    text_column: str
    title_column: str | None = None
    label_column: str | None = None
    scheme: str
    """The scheme that was used: binary, sentiment, stars_binary, stars, as_is or unlabelled."""
    meaning: str = ""
    """How labels became classes, in words: "1–2 negative, 4–5 positive, 3 left out (on a scale of 1–5)"."""
    label_names: list[str]
    class_counts: dict[str, int]
    rows: int
    """Number of rows read."""
    kept: int
    left_out: dict[str, int]
    """Reason → number of rows left out."""
    skipped: list[SkippedRow]
    """The first 200 rows left out; `skipped_file` (JSON Lines) lists all of them."""
    skipped_file: str
    duplicates: Duplicates
    data_hash: str
    """Hash of the kept texts, their labels and their order."""
    notices: list[str] = Field(default_factory=list)
    parts: dict[str, list[str]] = Field(default_factory=dict)
    """Part (validation, test, inbox) → the files of the source that are of it, in whole or by a column of theirs."""
    schemes: list[str] = Field(default_factory=list)
    """Values of `ReadingOptions.scheme` that suit this label column; `auto` means 0/1 as negative and positive."""
    candidates: dict[str, list[Candidate]] = Field(default_factory=dict)
    """Role (text, title, label) → the columns that could play it, the one that was chosen first."""
    doubts: list[Doubt] = Field(default_factory=list)
    examples: dict[str, ClassExample] = Field(default_factory=dict)
    """Class → one of its rows."""
    accounts: list[Account] = Field(default_factory=list)


class SharedReview(BaseModel):
    """A review that is in both sets."""

    file: str
    line: int
    excerpt: str


class Leak(BaseModel):
    """Reviews that two sets share. A model that was trained on a review is not tested by it."""

    rows: int
    """Number of rows in the other set whose text is in the training set."""
    examples: list[SharedReview]
    """The first few of them."""
