"""The weights that a run keeps: those of its best evaluation, by a rule that does not trust differences within noise.

The highest figure wins. But an evaluation that is worse than the best so far by less than one standard error of that
figure, which a validation set of this size cannot tell apart, wins over an earlier one: its weights have seen more
reviews, and changed less in their last steps, because the learning rate has fallen. A loss has no such margin here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.learners.base import Learner
from core.learners.tensor_files import Tensors
from core.runs.progress import Progress

LOGITS = "/validation_logits"
"""Name of the validation logits [N, C] among the best weights; no weight's name begins with a slash."""


@dataclass(frozen=True)
class Verdict:
    """Whether the weights of an evaluation are kept, and why."""

    kept: bool
    tie_margin: float | None = None
    """Set if they are kept although an earlier evaluation was better: by less than this margin, in the metric."""


def judge(progress: Progress, figures: dict[str, Any], metric: str, rows: int) -> Verdict:
    """Decide whether to keep the weights just evaluated; update the best figure and the patience in `progress`.

    Args:
        figures: Of `core.inference.metrics.measure`.
        metric: loss, accuracy or macro_f1.
        rows: size of the validation set.
    """
    value = -figures[metric] if metric == "loss" else figures[metric]
    if not np.isfinite(figures["loss"]):
        progress.without_gain += 1
        return Verdict(kept=False)
    if progress.peak is None or value > progress.peak:
        progress.peak, progress.without_gain = value, 0
        return Verdict(kept=True)
    progress.without_gain += 1
    peak = progress.peak
    margin = 0.0 if metric == "loss" else float((peak * (1 - peak) / rows) ** 0.5)
    return Verdict(bool(value >= peak - margin), margin if peak - margin <= value < peak else None)


class BestWeights:
    """A copy of the best weights so far, made only once the next step is about to change them."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self.tensors: Tensors = {}
        """What a checkpoint holds of them: the validation logits, and the weights unless they are still the model's.
        Empty before the first evaluation."""

    @property
    def _are_current(self) -> bool:
        """Whether the best weights are those of the model now."""
        return self.tensors.keys() == {LOGITS}

    def keep(self, logits: np.ndarray) -> None:
        """The model's weights are the best now; `logits` [N, C] are what they give for the validation rows."""
        self.tensors = {LOGITS: torch.from_numpy(logits)}

    def copy_before_change(self) -> None:
        """Copy the best weights if they are still the model's. To be called before every step."""
        if self._are_current:
            self.tensors = {**self._learner.weights(), **self.tensors}

    def take(self) -> np.ndarray | None:
        """Put the best weights into the model and return the [N, C] logits they gave; None without an evaluation.

        Nothing can be trained afterwards. After memory has run out, it can be called again.
        """
        if not self.tensors:
            return None
        if not self._are_current:
            self._learner.put(self.tensors)
            self.tensors = {LOGITS: self.tensors[LOGITS]}
        self._learner.finish()
        logits: np.ndarray = self.tensors[LOGITS].numpy()
        self.tensors = {}
        return logits
