"""The lines of the Train screen that describe how a run is set up and computed.

They name the settings, the compute path, the machine, the micro-batches and the cached layers.
"""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.runs.records import PlanRecord
from tui.formatting import counted
from tui.widgets.responsive import Drawn, fitting, lines

_PATHS = {"native": "native encoder"}
"""Display names of compute paths, where they differ from the names in the journal."""


class RunPlan(Drawn):
    """Muted lines below the figures: the settings, how the run is computed, and which layers are computed only once.

    A line never wraps. If the screen is too narrow, the least important parts of the line are left out.
    """

    DEFAULT_CSS = """
    RunPlan { min-height: 1; max-height: 3; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        self._shown: tuple[str, PlanRecord | None] = ("", None)
        super().__init__(id=id)

    def show_plan(self, settings: str, plan: PlanRecord | None) -> None:
        """Show a description of the settings, and the plan. An empty description or a missing plan is left out."""
        if (settings, plan) != self._shown:
            self._shown = settings, plan
            self.show(lambda width: plan_lines(settings, plan, width))


def plan_lines(settings: str, plan: PlanRecord | None, width: int) -> Content:
    """Return the lines of `RunPlan`, each at most `width` cells wide."""
    found: list[list[str]] = [[f"settings {clean_line(settings)}"] if settings else []]
    if plan is not None:
        found += [[computed_by(plan), machine(plan), micro_batches(plan)], [cached_layers(plan)]]
    parts = [[Content(words) for words in line if words] for line in found]
    return lines(fitting(line, width, " · ") for line in parts if line)


def computed_by(plan: PlanRecord, why: str = ": ") -> str:
    """Return the compute path, `why` and the reason: `native encoder: the model is in the bert family`."""
    path, reason = clean_line(plan.path), clean_line(plan.path_why)
    name = _PATHS.get(path, path)
    return f"{name}{why}{reason}" if name and reason else name


def machine(plan: PlanRecord) -> str:
    """Return precision and device: `bf16 on cpu, 2 threads`. Threads are named only for a CPU."""
    words = " on ".join(clean_line(word) for word in (plan.precision, plan.device) if word)
    return f"{words}, {counted(plan.threads, 'thread')}" if plan.threads and plan.device == "cpu" else words


def micro_batches(plan: PlanRecord) -> str:
    """Return the limits that split batches: `micro-batches of up to 2,048 tokens`.

    Without any, return `one micro-batch per step`; of a baseline, which makes no steps, nothing.
    """
    if plan.method == "baseline":
        return ""
    reviews, tokens = plan.micro_batch_size, plan.micro_batch_tokens
    limits = []
    if 0 < reviews < plan.batch_size:
        limits.append(counted(reviews, "review"))
    if tokens and tokens < plan.batch_size * plan.max_length:
        limits.append(counted(tokens, "token"))
    return f"micro-batches of up to {' and '.join(limits)}" if limits else "one micro-batch per step"


def cached_layers(plan: PlanRecord) -> str:
    """Return how many frozen layers are computed only once, and where dropout is off; empty if there are none."""
    layers = plan.cached_layers
    if not layers:
        return ""
    them = "it" if layers == 1 else "them"
    return f"{counted(layers, 'frozen layer')} computed once and cached; dropout is off in and below {them}"
