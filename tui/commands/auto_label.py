"""`auto-label`: lets a model label what audits show it to be right about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.certificate_text import calibration, evidence, not_counted, refusal, verdict
from tui.commands.engine import ask
from tui.commands.options import Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import complain, facts, say, say_json

if TYPE_CHECKING:
    from core.engine.certificate_requests import AutoLabelled
    from core.triage.certificate.certificate import Certificate


@reads_reviews("label", "scheme", "label_names", "model_labels")
def auto_label(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The pile: a file of reviews with audits of it.")],
    reading: Reading,
    run: Annotated[str, typer.Option(metavar="RUN", help="The run whose model labels.")],
    output: Annotated[Path, typer.Option(help="Where to write the labels: .csv or .jsonl.")],
    max_error: Annotated[float, typer.Option(metavar="SHARE", help="The error rate to stay below.")] = 0.02,
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="How sure that has to be.")] = 0.95,
    json: Json = False,
) -> int:
    """Label the reviews that a model is surest of, with a promise about the errors.

    The evidence is what you said of random reviews of this pile before you saw the model's answer; without enough of
    it nothing is labelled, and the exit status is 1. The labels are the model's: one undo in the pile takes them back.
    """
    from core.engine.certificate_requests import AutoLabel
    from core.runs.folder import find_run

    if not 0 < max_error < 0.5:
        raise InputError("--max-error is a share between 0 and 0.5, such as 0.02.")
    if not 0.5 <= confidence < 1:
        raise InputError("--confidence is a share from 0.5 to less than 1, such as 0.95.")
    folder = find_run(run)
    if not (folder.model / "config.json").is_file():
        raise InputError(f"{folder.id} has no model yet; let it finish, or `reviewtui stop` it to save one.")
    if file == "-":
        raise InputError("Reviews from standard input are no pile: nothing was decided about them. Name a file.")
    done = ask(
        AutoLabel(
            source=locate(file),
            run=str(folder.path),
            reading=reading_options(reading),
            max_error=max_error,
            confidence=confidence,
            record=True,
            output=str(output.expanduser().absolute()),
        )
    )
    made = done.certificate
    assert made is not None  # the pile was scored first
    if json:
        say_json(as_json(done, made))
    elif made.certified:
        _show(done, made)
    if not made.certified:
        complain(refusal(made))
        return 1
    return 0


def as_json(done: AutoLabelled, made: Certificate) -> dict[str, Any]:
    """Return what `--json` prints."""
    names = ("different", "labelled", "labels", "watched", "left_alone", "recorded")
    return {
        **made.to_json(),
        **{name: getattr(done, name) for name in names},
        "output": done.output or None,
        "certificate": made.id if done.recorded else None,
        "temperature": _temperature(done),
    }


def _temperature(done: AutoLabelled) -> dict[str, Any] | None:
    found = done.temperature
    if found is None:
        return None
    return {"temperature": found.temperature, "rows": found.rows, "fitted": found.fitted, "fitted_on": found.fitted_on}


def _show(done: AutoLabelled, made: Certificate) -> None:
    best = made.best
    say(verdict(made))
    say()
    labels = ", ".join(f"{count:,} {clean_line(label, 40)}" for label, count in done.labels.items())
    facts(
        [
            ("evidence", evidence(best) if best is not None else None),
            *(("", line) for line in not_counted(made)),
            ("labelled", f"{done.labelled:,} reviews ({labels})" if done.labelled else "nothing was left to label"),
            ("left alone", f"{done.left_alone:,}, decided by you, or near copies" if done.left_alone else None),
            ("audited on", f"{done.watched:,} of them come up again in the pile" if done.watched else None),
            ("probabilities", calibration(done.temperature, made.audits - made.unlabelled)),
            ("written to", done.output or None),
        ]
    )
    if not done.recorded and done.labelled:
        say("The pile had these labels already.")
