"""The options for reading a source. Whatever is left at its default is detected.

It imports only pydantic, because the process that draws the screens uses it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Quoting = Literal["standard", "none", "backslash"]
SchemeChoice = Literal["auto", "as_is", "stars_binary", "stars"]


class ReadingOptions(BaseModel):
    """How to read a source. None (or "auto") means to detect it.

    The scheme says how labels become classes. `as_is` makes each distinct value a class; `stars` makes a class of each
    whole rating; `stars_binary` makes two of any scale, from its lowest and its highest third (1–2 negative, 4–5
    positive, 3 left out). `auto` makes 0/1, booleans and −1/0/1 negative and positive where that is what they mean,
    uses `stars_binary` for ratings of more than three points, and `as_is` for everything else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(default=None, description="The column with the review.")
    title: str | None = Field(default=None, description="The column to put before the text; empty for none.")
    label: str | None = Field(default=None, description="The column with the label; empty to read without labels.")
    scheme: SchemeChoice = Field(default="auto", description="How labels become classes.")
    scale: str | None = Field(default=None, description="The lowest and the highest rating, such as 1-5.")
    label_names: dict[str, str] = Field(default_factory=dict, description="Raw value → the name of its class.")
    delimiter: str | None = Field(default=None, description="What is between the fields of a CSV file.")
    quoting: Quoting | None = Field(
        default=None,
        description='How a CSV file quotes fields: "…" with "" inside (standard), not at all, or with \\" inside.',
    )
    table: str | None = Field(default=None, description="The sheet, database table or file inside an archive to read.")
    encoding: str | None = Field(default=None, description="The text encoding, as Python names it.")
    header: bool | None = Field(default=None, description="Whether the first record names the columns.")
    model_labels: bool = Field(default=False, description="Whether to use labels that a model gave.")
