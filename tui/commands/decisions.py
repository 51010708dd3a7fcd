"""`decisions`: what was decided about a pile in figures, as a file for training or for another tool, and from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.engine import ask
from tui.commands.options import Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import complain, facts, say, say_json, table
from tui.decisions_text import (
    agreement_text,
    audits_text,
    calibration_text,
    counts_text,
    labels_text,
    left_out_text,
    model_text,
    rate_text,
)

if TYPE_CHECKING:
    from core.engine.decision_requests import CountedDecisions, Figures, ImportedDecisions
    from core.reviews.options import ReadingOptions
    from core.triage.exchange.exporting import DecisionsFile
    from core.triage.exchange.opening import Decided
    from core.triage.exchange.selection import Cells, Included

_LISTED = 20
"""Lines of a file that are listed without --json."""

Pile = Annotated[str, typer.Argument(metavar="FILE", help="A pile of reviews, its log, or a file of decisions.")]
Other = Annotated[
    str | None, typer.Option("--with", metavar="OTHER", help="Another person's: compare both, and list conflicts.")
]
Output = Annotated[Path | None, typer.Option(help="Write the decisions to this file: .csv, .jsonl, or .json.")]
FormatName = Annotated[
    str | None,
    typer.Option("--format", help="csv, jsonl, label-studio, prodigy or argilla; by default what the suffix says."),
]
Include = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT", help="Besides one label a text: skipped, flagged, ambiguous, repeated (with commas), or all."
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMNS",
        help="Columns of the pile's file to write beside the decisions: all, none, short, or names with commas; "
        "by default all.",
    ),
]
Imported = Annotated[
    Path | None, typer.Option("--import", metavar="OTHER", help="Take decisions from this file into the pile first.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Overwrite the output; let an imported file win over what the pile says.")
]


@reads_reviews("label", "scheme", "label_names", "model_labels")
def decisions(
    source: Pile,
    reading: Reading,
    other: Other = None,
    output: Output = None,
    format: FormatName = None,
    include: Include = None,
    keep: Keep = None,
    imported: Imported = None,
    replace: Replace = False,
    json: Json = False,
) -> int:
    """Count what was decided about a pile: rate, agreement, audits, calibration. Export it, import it, compare it.

    Every figure follows from the log of decisions. Agreement leaves out reviews that a model's doubts brought up; it is
    told apart by whether the model's answer was in view.
    """
    from core.engine.decision_requests import CountDecisions, ImportDecisions
    from core.engine.requests import to_result

    if output is None and not (format is include is keep is None):
        raise InputError("--format, --include and --keep are for what is written: add --output FILE.")
    source, options = locate(source), reading_options(reading) if reading else None
    taken = None
    if imported is not None:
        file = str(imported.expanduser().absolute())
        taken = ask(ImportDecisions(source=source, file=file, replace=replace, reading=options))
    written = None
    if output is not None:
        path = output.expanduser().absolute()
        written = _write(source, path, format, _included(include), keep or "all", options, replace=replace)
    found = ask(CountDecisions(source=source, other=locate(other) if other is not None else None, reading=options))
    if not json:
        _show(found, taken, written)
        return 0
    result: dict[str, Any] = to_result(found)
    say_json(
        {
            **result.pop("found"),
            **result,
            "imported": to_result(taken) if taken is not None else None,
            "exported": _exported(written) if written is not None else None,
        }
    )
    return 0


def _write(
    source: str,
    path: Path,
    format: str | None,
    include: tuple[Included, ...],
    keep: str,
    reading: ReadingOptions | None,
    *,
    replace: bool,
) -> DecisionsFile:
    from core.triage.exchange.exporting import require_writable, write_decisions
    from core.triage.exchange.opening import open_decisions

    require_writable(path, format, replace=replace)
    found = open_decisions(source)
    cells = _cells(source, found, keep, reading) if found.kind == "pile" else None
    return write_decisions(found.history, path, format=format, include=include, cells=cells, replace=replace)


def _cells(source: str, found: Decided, keep: str, reading: ReadingOptions | None) -> Cells | None:
    """Return what the pile's file holds of the reviews that were decided; None if it cannot be read any more."""
    from core.engine.decision_requests import ReadCells

    rows = tuple((one.row, one.hash) for one in found.history.decided())
    if not Path(source).exists():
        complain("The pile is not there any more; only its short columns, which the log has, are written.")
        return None
    read = ask(ReadCells(source=source, rows=rows, keep=keep, reading=reading))
    return {
        place: dict(zip(read.columns, cells, strict=True))
        for place, cells in zip(rows, read.cells, strict=True)
        if cells or not read.columns
    }


def _included(words: str | None) -> tuple[Included, ...]:
    """Return what `--include` names.

    Raises:
        InputError: There is no such thing to include.
    """
    from core.triage.exchange.selection import INCLUDED

    if words is None or words == "all":
        return INCLUDED if words else ()
    named = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := [word for word in named if word not in INCLUDED]:
        raise InputError(f"--include takes {', '.join(INCLUDED)} or all, not '{clean_line(unknown[0], 40)}'.")
    return tuple(one for one in INCLUDED if one in named)


def _exported(written: DecisionsFile) -> dict[str, Any]:
    return {
        "output": str(written.path),
        "rows": written.rows,
        "labels": written.labels,
        "left_out": [vars(one) for one in written.left_out],
        "conflicts": written.conflicts,
    }


def _show(found: CountedDecisions, taken: ImportedDecisions | None, written: DecisionsFile | None) -> None:
    if taken is not None:
        _show_import(taken)
    if written is not None:
        _show_export(written)
    if taken is not None or written is not None:
        say()
    _show_figures(found.found)
    if found.other is None or found.people is None:
        return
    say()
    _show_figures(found.other)
    people = found.people
    say()
    facts(
        [
            ("both labelled", agreement_text(people.all)),
            ("both blind", agreement_text(people.blind) if people.blind.rows else None),
            ("one labelled", f"{people.unlike:,} that the other passed over" if people.unlike else None),
            ("only one", f"{people.only_one:,} texts here, {people.only_other:,} there"),
        ]
    )
    if not people.conflicts:
        say("No text has two labels.")
        return
    say()
    rows: list[list[object]] = [
        [one.line, clean_line(one.one, 24), clean_line(one.other, 24), clean_line(one.text, 60)]
        for one in people.conflicts[:_LISTED]
    ]
    table(["line", clean_line(found.found.name, 24), clean_line(found.other.name, 24), "text"], rows)
    _and_more(len(people.conflicts))
    say(f"They are a pile of their own, for Classify: {found.conflicts}")


def _show_import(taken: ImportedDecisions) -> None:
    say(
        f"{taken.decisions:,} of {taken.lines:,} decisions were taken in, {taken.unchanged:,} were there already"
        + (f", {taken.replaced:,} took the place of others" if taken.replaced else "")
        + (f"; {taken.notes:,} notes came along" if taken.notes else "")
        + ("; one undo takes all back." if taken.decisions or taken.notes else ".")
    )
    for one in taken.problems[:_LISTED]:
        say(f"  line {one.line}: {one.why}: {one.text}" if one.text else f"  line {one.line}: {one.why}")
    _and_more(len(taken.problems))


def _show_export(written: DecisionsFile) -> None:
    from core.triage.exchange.exporting import set_apart

    left_out = f"; not in it: {left_out_text(written.reasons)}" if written.left_out else ""
    say(f"{written.rows:,} reviews written to {written.path}{left_out}.")
    if written.conflicts:
        say(f"{written.conflicts:,} texts were decided in different ways; the latest decision was written.")
    if apart := set_apart(written.path):
        say(apart)


def _show_figures(found: Figures) -> None:
    figures = found.figures
    say(f"{found.name}: {counts_text(found)}")
    facts(
        [
            ("labels", labels_text(figures.labels) or None),
            ("rate", rate_text(figures.rate)),
            ("conflicts", f"{figures.conflicts:,} texts decided in different ways" if figures.conflicts else None),
            ("damaged", f"{found.damaged:,} lines cannot be read" if found.damaged else None),
        ]
    )
    for one in figures.models:
        say(f"model {model_text(one)}")
        facts(
            [
                ("  blind", agreement_text(one.blind) if one.blind.rows else None),
                ("  in view", agreement_text(one.revealed) if one.revealed.rows else None),
                ("  left out", f"{one.chosen:,} that came up for what a model says" if one.chosen else None),
                ("  audits", audits_text(one.audits)),
                ("  calibration", calibration_text(one.calibration) if one.calibration is not None else None),
                ("  with temperature", calibration_text(one.calibrated) if one.calibrated is not None else None),
            ]
        )


def _and_more(count: int) -> None:
    if count > _LISTED:
        say(f"  … and {count - _LISTED:,} more; --json lists all.")
