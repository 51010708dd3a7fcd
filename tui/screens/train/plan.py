"""How a run is computed, in words: what computes it and why, on which machine, in what micro-batches, what is kept.

All of it is in the journal's `plan`.
"""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.runs.records import PlanRecord
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
        self._plan: PlanRecord | None = None
        super().__init__(id=id)

    def show_plan(self, plan: PlanRecord | None) -> None:
        """Say what `plan` says; nothing where there is none yet."""
        if plan != self._plan:
            self._plan = plan
            self.show(lambda width: plan_lines(plan, width) if plan is not None else Content(""))


def plan_lines(plan: PlanRecord, width: int) -> Content:
    """The lines of `RunPlan`, at most `width` cells wide."""
    how = [Content(words) for words in (computed_by(plan), machine(plan), micro_batches(plan)) if words]
    kept = [Content(kept_layers(plan))]
    return lines(fitting(parts, width, " · ") for parts in (how, kept) if any(parts))


def computed_by(plan: PlanRecord, why: str = ": ") -> str:
    """What computes the run, and its reason after `why`: 'native encoder: the model is of the bert family'."""
    path, reason = clean_line(plan.path), clean_line(plan.path_why)
    name = _PATHS.get(path, path)
    return f"{name}{why}{reason}" if name and reason else name


def machine(plan: PlanRecord) -> str:
    """'bf16 on cpu, 2 threads'; threads are of interest on a CPU only."""
    words = " on ".join(clean_line(word) for word in (plan.precision, plan.device) if word)
    return f"{words}, {_counted(plan.threads, 'thread')}" if plan.threads and plan.device == "cpu" else words


def micro_batches(plan: PlanRecord) -> str:
    """'micro-batches of up to 2,048 tokens': the limits that can part a batch, or that none can."""
    reviews, tokens = plan.micro_batch_size, plan.micro_batch_tokens
    limits = []
    if 0 < reviews < plan.batch_size:
        limits.append(_counted(reviews, "review"))
    if tokens and tokens < plan.batch_size * plan.max_length:
        limits.append(_counted(tokens, "token"))
    return f"micro-batches of up to {' and '.join(limits)}" if limits else "one micro-batch a step"


def kept_layers(plan: PlanRecord) -> str:
    """What is computed once and kept, and what that means for dropout; nothing where all is computed in every step."""
    layers = plan.cached_layers
    if not layers:
        return ""
    them = "it" if layers == 1 else "them"
    return f"{_counted(layers, 'frozen layer')} computed once and kept, dropout off in and below {them}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
