"""Which evaluation's weights are kept, and when a run ends because nothing is gained."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.learners.tensor_files import Tensors
from core.runs.records import EvaluationRecord
from core.training import loop as loop_module
from core.training.best_weights import LOGITS
from tests.core.conftest import MakeLoop
from tests.core.training.loops import equal


def scripted(monkeypatch: pytest.MonkeyPatch, figures: list[tuple[float, float]]) -> None:
    """Make evaluations come out as (macro_f1, loss), one after the other."""
    rest = iter(figures)

    def measure(*_: object) -> dict[str, Any]:
        macro_f1, loss = next(rest)
        return {"loss": loss, "accuracy": macro_f1, "macro_f1": macro_f1, "per_class": {}}

    monkeypatch.setattr(loop_module, "measure", measure)


@pytest.mark.parametrize(
    ("metric", "figures", "best"),
    [
        ("macro_f1", [(0.5, 1.0), (0.6, 2.0), (0.4, 0.1)], [True, True, False]),
        ("macro_f1", [(0.9, 1.0), (0.9, 1.5), (0.85, 2.0), (0.75, 0.1)], [True, True, True, False]),
        ("accuracy", [(0.5, 1.0), (0.9, 1.0), (0.82, 1.0), (0.78, 0.5)], [True, True, True, False]),
        ("accuracy", [(0.9, 1.0), (0.8, 0.5), (0.95, 2.0)], [True, False, True]),
        ("loss", [(0.9, 1.0), (0.1, 0.5), (0.95, 0.7)], [True, True, False]),
        ("macro_f1", [(0.9, math.nan), (0.1, 3.0), (0.95, math.inf)], [False, True, False]),
    ],
)
def test_the_highest_figure_is_kept_or_the_latest_that_ten_rows_cannot_tell_from_it_and_none_without_a_finite_loss(
    metric: str,
    figures: list[tuple[float, float]],
    best: list[bool],
    make_loop: MakeLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(monkeypatch, figures)
    loop, recorder = make_loop(epochs=len(best), best_metric=metric)
    loop.run()
    assert [e.best for e in recorder.evaluations] == best
    for index, record in enumerate(recorder.evaluations):  # it is said where a worse figure is kept, and by what margin
        found = [figure if math.isfinite(loss) else -1.0 for figure, loss in figures[: index + 1]]
        is_tie = best[index] and metric != "loss" and found[-1] < max(found)
        margin = (max(found) * (1 - max(found)) / 10) ** 0.5
        assert record.tie_margin == (pytest.approx(margin) if is_tie else None)
    last = max(index for index, better in enumerate(best) if better)
    assert loop.progress.best is not None and loop.progress.best.epoch == last + 1


@pytest.mark.parametrize("scores", [(0.5, 0.9, 0.7), (0.9, 0.7, 0.6), (0.5, 0.7, 0.9)])
def test_the_weights_that_are_kept_are_those_of_the_best_evaluation(
    scores: tuple[float, ...],
    make_loop: MakeLoop,
    monkeypatch: pytest.MonkeyPatch,
    weights_of: Callable[..., Tensors],
) -> None:
    scripted(monkeypatch, [(score, 1 - score) for score in scores])
    loop, recorder = make_loop(epochs=3)
    at_best: Tensors = {}

    def look(record: EvaluationRecord) -> None:
        if record.best:
            at_best.update(weights_of(loop))
            at_best[LOGITS] = torch.from_numpy(loop.predict(loop.validation))

    recorder.on_evaluation = look
    loop.run()
    expected = at_best.pop(LOGITS).numpy()
    assert equal(weights_of(loop), at_best) is (scores[-1] == max(scores))
    logits = loop.take_best()
    assert logits is not None and np.array_equal(logits, expected)
    kept = dict(loop.classifier.model.named_parameters())
    assert equal({name: kept[name].detach() for name in at_best}, at_best)


def test_without_an_evaluation_there_is_no_best(make_loop: MakeLoop) -> None:
    assert make_loop()[0].take_best() is None


@pytest.mark.parametrize(
    ("patience", "figures", "steps"),
    [
        (1, [0.5, 0.4], 6),
        (2, [0.5, 0.4, 0.6, 0.5, 0.6, 0.1], 15),
        (2, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 18),
        (None, [0.5, 0.4, 0.3, 0.2, 0.1, 0.0], 18),
    ],
)
def test_early_stopping_ends_after_so_many_evaluations_without_gain(
    patience: int | None, figures: list[float], steps: int, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [(figure, 1.0) for figure in figures])
    loop, recorder = make_loop(epochs=6, early_stopping_patience=patience)
    assert loop.run() == "finished" and len(recorder.steps) == steps
