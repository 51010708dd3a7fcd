"""What each kind of record in a run's journal says, and whether a record says it.

A journal may come from a stranger, and one whose checksums are right can still hold what no worker writes: a record
that does not fit its kind is as damaged as a torn one. Kinds that are not known here, of later versions, are let pass,
and so is what a known kind says besides. Checked by hand: the list of runs, which is the first screen, reads journals
and does without the library for settings, whose import takes as long as all of that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
Check = Callable[[Any], bool]

_MAX = 1 << 53


def count(value: Any) -> bool:
    """Steps, reviews, bytes."""
    return type(value) is int and 0 <= value < _MAX


def number(value: Any) -> bool:
    """Any that JSON has."""
    return type(value) in (int, float) and abs(value) < _MAX


def figure(value: Any) -> bool:
    """A number, or one that JSON lacks, as a word."""
    return value in ("nan", "inf", "-inf") if isinstance(value, str) else type(value) in (int, float) and _finite(value)


def seconds(value: Any) -> bool:
    """Since 1970, since the boot of a machine, or of training so far."""
    return type(value) in (int, float) and 0 <= value < 1e11


def text(value: Any) -> bool:
    """A word or a sentence."""
    return isinstance(value, str)


def truth(value: Any) -> bool:
    """Yes or no."""
    return isinstance(value, bool)


def texts(value: Any) -> bool:
    """A list of words."""
    return isinstance(value, list) and all(map(text, value))


def maybe(check: Check) -> Check:
    """That, or null."""
    return lambda value: value is None or check(value)


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


class Shape:
    """What an object says: what it must, and what it may (older versions did not write all of it)."""

    def __init__(self, must: dict[str, Check], may: dict[str, Check] | None = None) -> None:
        self._must, self._may = must, may or {}

    def __call__(self, value: Any) -> bool:
        """Whether `value` says it."""
        return (
            isinstance(value, dict)
            and all(name in value and check(value[name]) for name, check in self._must.items())
            and all(check(value[name]) for name, check in self._may.items() if name in value)
        )


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


_ANY = {"kind": text, "time": seconds}
"""Of every record."""
_GPU = Shape(  # in bytes; of one that cannot be read only why
    {"index": count, "name": text},
    {"error": text, **dict.fromkeys(("total", "ours_allocated", "ours_reserved", "other", "free"), count)},
)
_READABLE = Shape(dict.fromkeys(("ours_allocated", "ours_reserved", "other", "free"), count))
_VALIDATION = Shape(dict.fromkeys(("loss", "accuracy", "macro_f1"), figure))


def gpus(value: Any) -> bool:
    """The GPUs of a memory record."""
    return isinstance(value, list) and all(_GPU(one) and ("error" in one or _READABLE(one)) for one in value)


def _kind(may: dict[str, Check] | None = None, /, **must: Check) -> Shape:
    return Shape({**_ANY, **must}, may)


_END = _kind(
    {
        "message": text,
        "epochs": number,
        "steps": count,
        "seconds": seconds,
        "reviews_per_second": figure,
        "peak_memory_bytes": count,
        "validation": maybe(_VALIDATION),
        "best_epoch": maybe(number),
    }
)

KINDS: dict[str, Shape] = {
    # a worker took the run; its machine had been awake for so many seconds since its boot
    "started": _kind({"awake": seconds}, pid=count, host=text),
    # it goes on from `step`; steps that earlier workers had made after it, up to `reached`, are superseded
    "resumed": _kind({"reached": count}, step=count),
    # reading, tokenizing, loading the model, training, evaluating, saving; how much of it is done, from 0 to 1
    "phase": _kind(name=text, fraction=maybe(number)),
    # what the run will do, once data and model are known
    "plan": _kind(
        {
            "steps_per_epoch": count,
            "micro_batch_size": count,
            "micro_batch_tokens": maybe(count),
            "precision": text,
            "device": text,
            "path": text,
            "path_why": text,
            "cached_layers": count,
            "threads": count,
        },
        model=text,
        labels=texts,
        rows=count,
        validation_rows=count,
        epochs=number,
        steps=count,
        batch_size=count,
        max_length=count,
        weights=count,
        trainable_weights=count,
    ),
    # an optimizer step
    "step": _kind(
        {"tokens": count, "gradient_norm": figure},
        step=count,
        epoch=number,
        loss=figure,
        learning_rate=figure,
        reviews=count,
        seconds=seconds,
    ),
    # best: these are the weights to keep
    "evaluation": _kind(step=count, epoch=number, loss=figure, accuracy=figure, macro_f1=figure, best=truth),
    # bytes in use, with a reading of the worker's pulse (core/runs/heartbeat.py)
    "memory": _kind(
        {"device_peak": maybe(count), "idle": seconds, "awake": seconds},
        process=count,
        process_peak=count,
        system_total=count,
        system_available=count,
        limit=maybe(count),
        devices=gpus,
    ),
    # what was done about it; `was` is how many reviews did not fit
    "out_of_memory": _kind(
        {"micro_batch_tokens": maybe(count)},
        step=count,
        where=text,
        what=one_of("smaller", "larger", "recompute", "again", "skipped"),
        was=count,
        micro_batch_size=count,
        batch_size=count,
    ),
    # the kernel had killed the worker before this one for want of memory
    "killed": _kind(restarts=count, most=count),
    # one is on the disk
    "checkpoint": _kind(step=count),
    # one could not be written; training goes on
    "no_checkpoint": _kind(message=text),
    # more epochs were asked for after an end
    "extended": _kind({"from_steps": count}, from_epochs=number, epochs=count),
    "paused": _kind(),
    "continued": _kind(),
    "notice": _kind(text=text),
    # the final figures, which `train --wait --json` prints; a failure may come before there are any
    "finished": _END,
    "stopped": _END,  # a person asked for it
    "failed": _END,
}

_LATER = _kind()


def fits_its_kind(record: Any) -> bool:
    """Whether `record` says what its kind says."""
    kind = record.get("kind") if isinstance(record, dict) else None
    return isinstance(kind, str) and KINDS.get(kind, _LATER)(record)
