"""The kinds of groups: what each trains next, and what it concludes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.experiments import distillation, findings, folds, seeds, sweep, versus
from core.experiments.making import Step
from core.experiments.state import GroupState
from core.runs.group import Kind


@dataclass(frozen=True)
class KindOfGroup:
    """What a kind of group does whenever all its runs have ended."""

    next_steps: Callable[[GroupState], Sequence[Step]]
    """Returns what to train next, as a pure function of the group and its runs; nothing if the group is complete."""
    conclude: Callable[[GroupState], dict[str, Any]]
    """Returns the result of a complete group, as it is written to `result.json`."""


KINDS: dict[Kind, KindOfGroup] = {
    "seeds": KindOfGroup(seeds.next_steps, seeds.conclude),
    "versus": KindOfGroup(versus.next_steps, versus.conclude),
    "distillation": KindOfGroup(distillation.next_steps, distillation.conclude),
    "folds": KindOfGroup(folds.next_steps, folds.conclude),
    "sweep": KindOfGroup(sweep.next_steps, findings.conclude),
}
