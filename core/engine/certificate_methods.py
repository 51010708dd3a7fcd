"""Carries out the engine's request to label a pile automatically."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.engine.certificate_requests import AutoLabel, AutoLabelled
from core.engine.requests import EngineRequest

if TYPE_CHECKING:
    from core.reviews.reading import Reviews
    from core.runs.folder import RunFolder
    from core.triage.certificate.labelling import AutoLabels
    from core.triage.decisions import DecisionLog
    from core.triage.history import History

Progress = Callable[[str, float | None], None]


def auto_label(request: AutoLabel, progress: Progress) -> AutoLabelled:
    """Say what can be labelled automatically, and label it."""
    from core.reviews.unlabelled import read_unlabelled
    from core.runs.folder import RunFolder
    from core.scores.scores import scores_of
    from core.scores.scoring import score
    from core.triage.certificate.answering import answered, certificate_of, fit_on_audits
    from core.triage.certificate.labelling import auto_labels, record
    from core.triage.certificate.temperatures import temperature_in

    run, output = RunFolder(Path(request.run)), Path(request.output) if request.output else None
    reviews = read_unlabelled(request.source, request.reading, progress=lambda share: progress("reading", share))
    if output is not None:
        _check(output, request.source)
    scores = (
        score(run.model, reviews, request.source, progress, take_over=True)
        if request.score
        else scores_of(run.model, reviews)
    )
    if scores is None:
        return _in_the_background(request, run, reviews)
    found = answered(request.source, run, reviews, scores, progress)
    progress("judging", None)
    with _pile(request, reviews) as (history, log, content):
        certificate = certificate_of(found, history, content, request.max_error, request.confidence)
        fit_on_audits(found, history)
        temperature = temperature_in(request.source, run.model, found.pile.model_hash)
        labels = auto_labels(certificate, history, reviews, found.pile, temperature)
        recorded = None
        if labels.decisions:
            if output is not None:
                progress("writing the file", None)
                _write(output, labels)
            if log is not None:
                recorded = record(log, labels)
    return AutoLabelled(
        certificate=labels.certificate,
        different=len(found.pile.different),
        scored=len(reviews),
        reviews=len(reviews),
        labelled=len(labels.decisions),
        labels=labels.labels,
        watched=len(labels.watched),
        left_alone=labels.left_alone,
        recorded=len(recorded.decisions) if recorded is not None else 0,
        output=request.output if output is not None and labels.decisions else "",
        temperature=temperature,
    )


def _in_the_background(request: AutoLabel, run: RunFolder, reviews: Reviews) -> AutoLabelled:
    """Have the pile scored by a process in the background, and say how far it is."""
    from core.runs.model_hash import model_hash
    from core.scores.folder import progress_of, scores_folder
    from core.scores.launch import launch_scoring

    done = progress_of(scores_folder(model_hash(run.model), reviews.report.data_hash))
    if not done.working and not done.problem:
        launch_scoring([run.model], request.source, request.reading)
    return AutoLabelled(certificate=None, scored=done.done, reviews=len(reviews), problem=done.problem)


@contextmanager
def _pile(request: AutoLabel, reviews: Reviews) -> Iterator[tuple[History, DecisionLog | None, bytes]]:
    """Provide the state of the pile, its log if it is to be written, and the content that both are of."""
    from core.triage.certificate.certifying import history_in, log_of
    from core.triage.decisions import DecisionLog

    if not request.record:
        content = log_of(request.source)
        yield history_in(content), None, content
        return
    log = DecisionLog(request.source)
    try:
        if log.history.data_hash != reviews.report.data_hash:
            log.found_again(reviews.report.data_hash, (f"{one:016x}" for one in reviews.hashes.tolist()))
        yield log.history, log, log_of(request.source)
    finally:
        log.close()


def _check(output: Path, source: str) -> None:
    """Refuse an output that cannot be written, before anything is computed."""
    from core.triage.exchange.formats.registry import format_to_write

    format_to_write(output, None)
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(output.parent, 120)}.")
    if output.is_dir():
        raise InputError(f"{clean_line(output, 120)} is a folder; name a file with --output.")
    with suppress(OSError):
        if output.samefile(source):
            raise InputError(f"{clean_line(output, 120)} is the file of reviews itself; name another --output.")


def _write(output: Path, labels: AutoLabels) -> None:
    """Write the labels to a file, as a whole."""
    from core.base.files import write_whole
    from core.triage.exchange.formats.registry import format_to_write
    from core.triage.exchange.selection import record_of

    inputs = labels.certificate.inputs
    names = {inputs.run: inputs.run_name} if inputs.run_name else {}
    records = [record_of(one, "", names) for one in labels.decisions]
    try:
        write_whole(output, format_to_write(output, None).write(records), private=False)
    except UnicodeEncodeError as error:
        shown = clean_line(output, 120)
        raise ReviewtuiError(f"Cannot write {shown}: a review contains text that is not valid Unicode.") from error


CERTIFICATE_METHODS: dict[type[EngineRequest[Any]], Callable[[Any, Any], Any]] = {AutoLabel: auto_label}
