"""What reading a source found: the Data screen shows exactly this, and the cache keeps it as JSON.

Light on purpose: pydantic only. Names, values and excerpts come from data: show them through `core.base.text`.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class Column(BaseModel):
    """One column of the source."""

    name: str
    kind: str
    """text, category, number, boolean, date, other (short unique strings, such as ids), nested or empty."""
    filled: int
    """Rows with a value, of the rows that could be read."""
    distinct: int | None
    """Distinct values; None when there are more than were counted."""
    examples: list[str] = Field(default_factory=list)


class SkippedRow(BaseModel):
    """One row left out, and why."""

    file: str
    line: int
    """Physical line (1-based) where the record starts; in formats without lines, the row's number."""
    reason: str
    excerpt: str
    """At most 80 characters of the row."""


class Duplicates(BaseModel):
    """Reviews whose normalised text occurs more than once."""

    rows: int = 0
    """Rows that repeat the text of an earlier row."""
    groups: int = 0
    """Texts that occur more than once."""
    conflicting: int = 0
    """Of those texts, the ones whose copies carry different labels."""


class ReadingReport(BaseModel):
    """Everything found in a source; `rows == kept + sum(left_out.values())` always holds."""

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
    """The scheme used: binary, stars_binary, stars, as_is or unlabelled."""
    label_names: list[str]
    class_counts: dict[str, int]
    rows: int
    """Rows read in all."""
    kept: int
    left_out: dict[str, int]
    """Reason → rows left out."""
    skipped: list[SkippedRow]
    """The first 200 rows left out; `skipped_file` (JSON lines) has all of them."""
    skipped_file: str
    duplicates: Duplicates
    data_hash: str
    """Hash of the kept texts, their labels and their order."""
    notices: list[str] = Field(default_factory=list)
    schemes: list[str] = Field(default_factory=list)
    """What `ReadingOptions.scheme` may be for this label column; `auto` stands for 0/1 as negative/positive."""


class SharedReview(BaseModel):
    """A review of one set that the other set holds too."""

    file: str
    line: int
    excerpt: str


class Leak(BaseModel):
    """Reviews that two sets share: what a model was trained on says little about how well it reads the rest."""

    rows: int
    """Rows of the other set whose text is in the training set."""
    examples: list[SharedReview]
    """The first few of them."""
