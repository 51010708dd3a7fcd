"""What a person may say about a data file; everything left at its default is detected.

Light on purpose: the process that draws the screen imports this, so pydantic is all that it needs.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SchemeChoice = Literal["auto", "as_is", "stars_binary", "stars"]


class ReadingOptions(BaseModel):
    """How to read a source. `None` (or "auto") means: detect it.

    The scheme says how labels become classes: `as_is` makes each distinct value a class, `stars` makes five classes
    of a star rating, `stars_binary` makes two (1–2 negative, 4–5 positive, 3 left out), and `auto` picks: 0/1 and
    booleans become negative/positive, star ratings `stars_binary`, anything else `as_is`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(default=None, description="The column that holds the review.")
    title: str | None = Field(default=None, description="The column joined before the text; empty: join none.")
    label: str | None = Field(default=None, description="The column that holds the label; empty: read without labels.")
    scheme: SchemeChoice = Field(default="auto", description="How labels become classes.")
    label_names: dict[str, str] = Field(default_factory=dict, description="Raw value → the name of its class.")
    delimiter: str | None = Field(default=None, description="The character between fields of a CSV file.")
    encoding: str | None = Field(default=None, description="The text encoding, as Python names it.")
    header: bool | None = Field(default=None, description="Whether the first record names the columns.")
