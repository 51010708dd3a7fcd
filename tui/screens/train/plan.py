"""How a run is computed, in words: what computes it and why, on which machine, in what micro-batches, what is kept.

All of it is in the journal's `plan`. Plans of older versions lack some of it, and what is not there is not said.
"""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.runs.records import Record
from tui.widgets.responsive import Drawn, fitting, lines

_PATHS = {"native": "native encoder"}
"""Names of paths that are not shown as they are written down."""


class RunPlan(Drawn):
    """A muted line under the figures of a run, and one more where layers are computed only once.

    A line is never wrapped: what matters less is left out of one that is too narrow.
    """

    DEFAULT_CSS = """
    RunPlan { min-height: 1; max-height: 2; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        self._plan: Record = {}
        super().__init__(id=id)

    def show_plan(self, plan: Record) -> None:
        """Say what `plan` says; an empty one, of a run that has none yet, says nothing."""
        if plan != self._plan:
            self._plan = plan
            self.show(lambda width: plan_lines(plan, width))


def plan_lines(plan: Record, width: int) -> Content:
    """The lines of `RunPlan`, at most `width` cells wide."""
    how = [Content(words) for words in (computed_by(plan), machine(plan), micro_batches(plan)) if words]
    kept = [Content(kept_layers(plan))]
    return lines(fitting(parts, width, " · ") for parts in (how, kept) if any(parts))


def computed_by(plan: Record, why: str = ": ") -> str:
    """What computes the run, and its reason after `why`: 'native encoder: the model is of the bert family'."""
    path = clean_line(plan.get("path") or "")
    reason = clean_line(plan.get("path_why") or "")
    name = _PATHS.get(path, path)
    return f"{name}{why}{reason}" if name and reason else name


def machine(plan: Record) -> str:
    """'bf16 on cpu, 2 threads'; threads are of interest on a CPU only."""
    words = " on ".join(clean_line(plan[key]) for key in ("precision", "device") if plan.get(key))
    threads = _count(plan, "threads")
    return f"{words}, {_counted(threads, 'thread')}" if threads and plan.get("device") == "cpu" else words


def micro_batches(plan: Record) -> str:
    """'micro-batches of up to 2,048 tokens': the limits that can part a batch, or that none can."""
    batch, length = _count(plan, "batch_size"), _count(plan, "max_length")
    reviews, tokens = _count(plan, "micro_batch_size"), _count(plan, "micro_batch_tokens")
    limits = []
    if reviews and not (batch and reviews >= batch):
        limits.append(_counted(reviews, "review"))
    if tokens and not (batch and length and tokens >= batch * length):
        limits.append(_counted(tokens, "token"))
    if limits:
        return f"micro-batches of up to {' and '.join(limits)}"
    return "one micro-batch a step" if reviews or tokens else ""


def kept_layers(plan: Record) -> str:
    """What is computed once and kept, and what that means for dropout; nothing where all is computed in every step."""
    layers = _count(plan, "cached_layers")
    if not layers:
        return ""
    them = "it" if layers == 1 else "them"
    return f"{_counted(layers, 'frozen layer')} computed once and kept, dropout off in and below {them}"


def _count(plan: Record, name: str) -> int:
    """A whole number of the plan; 0 where there is none."""
    value = plan.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
