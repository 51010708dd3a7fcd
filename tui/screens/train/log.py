"""A run's journal in sentences, for the log of the Train screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from rich.text import Text

from core.base.text import clean_line
from core.runs.records import Record
from tui.screens.train.plan import computed_by, machine, micro_batches


def log_lines(records: Iterable[Record]) -> Iterator[Text]:
    """One line for each record worth a sentence: not for steps, memory samples and the middle of a phase."""
    for record in records:
        words = _SENTENCES.get(record["kind"])
        sentence = words(record) if words is not None else ""
        if sentence:
            clock = time.strftime("%H:%M:%S ", time.localtime(record["time"]))
            yield Text.assemble((clock, "dim"), clean_line(sentence))


def _phase(record: Record) -> str:
    fraction = record["fraction"]
    if record["name"] in ("training", "evaluating") or fraction not in (None, 1.0):
        return ""
    return f"{record['name']}{', done' if fraction == 1.0 else '…'}"


def _plan(record: Record) -> str:
    parts = f" ({words})" if (words := micro_batches(record)) else ""
    where = f", {words}" if (words := machine(record)) else ""
    native = record.get("path") == "native"
    by = computed_by(record, why=": " if native else ", because ")
    computed = f"; computed by {'the ' if native else ''}{by}" if by else ""
    return (
        f"{record['model']}: {record['trainable_weights'] / 1e6:.1f} of {record['weights'] / 1e6:.1f} million weights "
        f"learn from {record['rows']} reviews of up to {record['max_length']} tokens, {record['validation_rows']} held "
        f"out; {record['steps']} steps of {record['batch_size']}{parts}{where}{computed}"
    )


def _evaluation(record: Record) -> str:
    best = ", kept as the best" if record["best"] else ""
    return (
        f"epoch {record['epoch']:g}: validation loss {float(record['loss']):.4f}, "
        f"accuracy {float(record['accuracy']):.3f}, macro F1 {float(record['macro_f1']):.3f}{best}"
    )


def _memory(record: Record) -> str:
    kept = f"batch {record['batch_size']} kept"
    was, now = record["was"], record["micro_batch_size"]
    change = {
        "smaller": f"micro-batch {was} → {now}, {kept}",
        "larger": f"micro-batches may be larger again, up to {now} reviews; {kept}",
        "recompute": f"activations are computed twice from now on, {kept}",
        "again": "tried again",
        "skipped": "the run goes on without it",
    }[record["what"]]
    trouble = "" if record["what"] == "larger" else f"out of memory ({record['where']}): "
    return f"{trouble}{change}"


def _resumed(record: Record) -> str:
    step, reached = record["step"], record.get("reached", 0)
    again = f"; steps {step + 1} to {reached} are made again" if reached > step else ""
    return f"goes on from step {step}{again}"


def _ended(record: Record) -> str:
    message = f": {record['message']}" if record.get("message") else ""
    return f"{record['kind']}{message}"


_SENTENCES: dict[str, Callable[[Record], str]] = {
    "started": lambda record: f"worker {record['pid']} on {record['host']} took the run",
    "resumed": _resumed,
    "phase": _phase,
    "plan": _plan,
    "evaluation": _evaluation,
    "out_of_memory": _memory,
    "killed": lambda record: (
        f"the kernel killed the worker for want of memory; begun again with smaller micro-batches "
        f"({record['restarts']} of {record['most']} times)"
    ),
    "checkpoint": lambda record: f"checkpoint at step {record['step']}",
    "no_checkpoint": lambda record: f"NO CHECKPOINT: {record['message']}",
    "extended": lambda record: f"extended from {record['from_epochs']:g} to {record['epochs']} epochs",
    "paused": lambda record: "paused",
    "continued": lambda record: "goes on",
    "notice": lambda record: str(record["text"]),
    "finished": _ended,
    "stopped": _ended,
    "failed": _ended,
}
