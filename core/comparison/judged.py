"""Two models whose stored answers to validation rows are to be compared, and the verdict. It loads no heavy library."""

from __future__ import annotations

import msgspec


class AnswersOf(msgspec.Struct, frozen=True, kw_only=True):
    """Stored answers of a run."""

    run: str
    """Id of the run."""
    earlier: str = ""
    """The folder in `earlier/` of the model that answered; empty for the model that the run has now."""
    written: int = 0
    """When they were written, in nanoseconds since 1970, so that later answers of the same run are other ones."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two models."""

    a: AnswersOf
    b: AnswersOf


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What their answers say."""

    sentence: str = ""
    """The verdict of the first with what it rests on; empty if there is none."""
    verdict: str = ""
    why_not: str = ""
    """Why they cannot be compared; empty if they can."""
