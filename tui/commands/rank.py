"""`rank`: the reviews of a file in the order in which they deserve a look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.engine import ask
from tui.commands.options import Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import say, say_json, table

if TYPE_CHECKING:
    from core.engine.pile_requests import Ranked
    from core.runs.folder import RunFolder

By = Literal["uncertainty", "disagreement", "suspicion", "random"]
_SHOWN = 20
"""Reviews that are printed."""
_TEXT = 60


@reads_reviews()
def rank(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, folder or dataset of reviews.")],
    reading: Reading,
    by: Annotated[
        By,
        typer.Option(
            help="uncertainty: what the model is least sure of; disagreement: where two runs differ; suspicion: labels "
            "in the file that the model doubts; random."
        ),
    ],
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Whose model; the newest one by default.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="RUN", help="The run to compare with, for disagreement.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write all of them: .csv or .jsonl.")] = None,
    json: Json = False,
) -> int:
    """Rank the reviews of a file: those that deserve a look first. Near copies are listed once.

    The first time, the model classifies the whole file; what it says is kept.
    """
    from core.engine.pile_requests import RankPile
    from core.engine.requests import to_result

    if (by == "disagreement") != (against is not None):
        raise InputError(
            "--by disagreement compares two runs: name the second with --against RUN."
            if against is None
            else "--against is for --by disagreement."
        )
    first = _with_model(run) if by != "random" or run is not None else None
    second = _with_model(against) if against is not None else None
    if first is not None and second is not None and first.id == second.id:
        raise InputError("--run and --against are the same run, which does not disagree with itself.")
    target = str(output.expanduser().absolute()) if output is not None else ""
    found = ask(
        RankPile(
            source=locate(file),
            order=by,
            reading=reading_options(reading),
            run=str(first.path) if first is not None else "",
            against=str(second.path) if second is not None else "",
            output=target,
        )
    )
    if json:
        say_json(to_result(found))
    else:
        _show(found)
    return 0


def _with_model(word: str | None) -> RunFolder:
    """Return the run that was named, or else the newest one that has a model."""
    from core.runs.folder import find_run, list_runs

    candidates = [find_run(word)] if word is not None else list_runs()
    for candidate in candidates:
        if (candidate.model / "config.json").is_file():
            return candidate
    if word is not None:
        raise InputError(f"{candidates[0].id} has no model yet; let it finish, or `reviewtui stop` it to save one.")
    raise InputError("There is no trained model yet; make one with `reviewtui train DATA`.")


def _show(found: Ranked) -> None:
    """Print the first reviews, and what is to be known of all."""
    ranked = found.reviews - found.copies
    shown = found.first[:_SHOWN]
    if shown:
        table(
            ["", "line", "review", "why"],
            [[one.rank, one.line, clean_line(one.text, _TEXT), clean_line(one.reason, _TEXT)] for one in shown],
        )
        say()
    more = "" if found.output or ranked <= len(shown) else "; --output FILE writes all of them"
    say(f"{ranked:,} reviews by {found.order}{more}")
    if found.copies:
        say(f"{found.copies:,} near copies are left out; the first of each group stands for them")
    if found.unknown:
        what = "have no label that the model knows" if found.order == "suspicion" else "have no scores"
        say(f"{found.unknown:,} {what}, and come last")
    if found.trained_on:
        doubt = ", so it doubts their labels less than it should" if found.order == "suspicion" else ""
        say(f"note: the model was trained on {found.trained_on:,} of these reviews{doubt}")
    if found.output:
        say(f"written to {found.output}")
