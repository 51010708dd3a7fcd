"""A run that ended makes the forecast of the next of its kind; what a busy machine showed makes none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forecast import duration
from core.forecast.calibration import keep, known
from core.forecast.facts import Calibration, Facts
from core.forecast.forecast import forecast
from core.forecast.run import Run
from core.settings.schema import Settings
from core.worker.pace import Pace
from core.worker.refinement import refined, to_keep
from tests.core.forecast.test_forecast import MEASURED, TABLE, changed, facts

KINDS: list[dict[str, Any]] = [
    {},
    {"freeze_layers": 4, "optimizer": "sgd"},
    {"freeze_layers": "encoder"},
    {"batch_size": 8, "micro_batch_size": 4},
    {"lora": True},
]


def ran(run: Run, *, slower: float, lost: float = 0.0, evaluations: int = 3) -> Pace:
    """A run that took `slower` times as long as is forecast, on a machine of which others had a share."""
    plan = run.requested
    epoch, _ = duration.seconds(run, plan)
    tokens = sum(length * count for length, count in run.table) * run.per_review
    pace = Pace(0.0, lambda: lost)
    then = 0.0
    for number in range(1, 31):
        then += slower * epoch / 10 / (1 - lost)
        pace.on_step(round(tokens / 10), then)
        if number % 10 == 0 and number // 10 <= evaluations:
            then += slower * 2.0 / (1 - lost)
            pace.on_evaluation(then)
    return pace


def after(
    settings: Settings, here: Facts, pace: Pace, peak: int = 2 << 30, before: int = 300 << 20, *, reuses: bool = False
) -> Facts:
    """The facts once a run has ended."""
    run = Run(here, settings, reuses=reuses)
    found = refined(run, pace, run.requested, peak_bytes=peak, before_bytes=before, start=5.0)
    assert found is not None
    return here.model_copy(update={"calibrations": {**here.calibrations, here.run_kind(settings): found}})


@pytest.mark.parametrize("changes", KINDS)
@pytest.mark.parametrize("slower", [0.5, 1.0, 1.82, 13.0])
def test_the_next_run_of_a_kind_is_forecast_as_the_last_one_went(changes: dict[str, Any], slower: float) -> None:
    """However wrong the probe was: its steps by the speed of the last one's, its peak to the byte."""
    here, settings = facts(), changed(epochs=1, evaluate_every=1000, **changes)
    run = Run(here, settings)
    pace = ran(run, slower=slower)
    peak = round(1.3 * forecast(here, settings).peak_bytes)
    said = after(settings, here, pace, peak)
    again = Run(said, settings)
    epoch, _ = duration.seconds(again, again.requested)
    tokens = sum(length * count for length, count in again.table) * again.per_review
    measuring = duration.evaluation_operations(again, _load(again)) * again.held_out / again.calibration.forward_rate
    assert epoch - measuring == pytest.approx(pace.steps.seconds / pace.steps.tokens * tokens, rel=0.01)
    other = said.model_copy(update={"reviews": 2800})  # whose frozen layers are to be computed
    assert forecast(other, settings).peak_bytes == pytest.approx(peak, rel=0.01)
    assert forecast(said, settings).measured


def _load(run: Run) -> Any:
    from core.planning import loads

    plan = run.requested
    return loads.work(run.table, run.settings.batch_size, plan.tokens, plan.reviews, square=not run.native)


@pytest.mark.parametrize("change", [{"learning_rate": 1e-5}, {"epochs": 7}, {"seed": 9}, {"max_length": 200}])
def test_what_does_not_decide_the_speed_makes_no_other_kind(change: dict[str, Any]) -> None:
    assert facts().run_kind(changed(**change)) == facts().run_kind(changed())


@pytest.mark.parametrize(
    "change", [{"batch_size": 7}, {"freeze_layers": 2}, {"optimizer": "sgd"}, {"precision": "fp32"}]
)
def test_what_decides_the_speed_does(change: dict[str, Any]) -> None:
    assert facts().run_kind(changed(**change)) != facts().run_kind(changed())
    here = after(changed(), facts(), ran(Run(facts(), changed()), slower=3.0))
    assert forecast(here, changed(**change)) == forecast(facts(), changed(**change))


def test_reviews_of_another_length_are_forecast_by_the_probe() -> None:
    here, settings = facts(), changed(epochs=1)
    taught = after(settings, here, ran(Run(here, settings), slower=3.0))
    short = {"table": [(10, 2780)]}
    assert forecast(taught.model_copy(update=short), settings) == forecast(here.model_copy(update=short), settings)
    like = {"table": [(round(length * 1.1), count) for length, count in TABLE]}
    assert forecast(taught.model_copy(update=like), settings) != forecast(here.model_copy(update=like), settings)


@given(lost=st.floats(0.11, 0.95))
def test_a_run_beside_others_teaches_nothing(lost: float) -> None:
    run = Run(facts(), changed())
    assert (
        refined(run, ran(run, slower=8.0, lost=lost), run.requested, peak_bytes=1 << 30, before_bytes=0, start=None)
        is None
    )


def test_a_run_of_a_moment_teaches_nothing() -> None:
    run = Run(facts(), changed())
    pace = Pace(0.0, lambda: 0.0)
    pace.on_step(100, 0.2)
    assert refined(run, pace, run.requested, peak_bytes=1 << 30, before_bytes=0, start=None) is None


def test_frozen_layers_that_a_run_has_computed_are_not_forecast_again() -> None:
    here, settings = facts(), changed(freeze_layers=4)
    taught = after(settings, here, ran(Run(here, settings), slower=1.0))
    before, now = Run(here, settings), Run(taught, settings)
    assert (
        duration.frozen_pass_seconds(before, before.requested) > 0 == duration.frozen_pass_seconds(now, now.requested)
    )
    estimated = [(round(length * 1.04), count) for length, count in TABLE]  # as a worker knows them, from bytes
    worker = facts(model="", table=estimated)
    found = after(settings, worker, ran(Run(worker, settings), slower=1.0))
    told = here.model_copy(update={"calibrations": found.calibrations})
    assert duration.frozen_pass_seconds(Run(told, settings), now.requested) == 0
    shorter = told.model_copy(update={"table": [(length // 2 + 1, count) for length, count in TABLE]})
    assert duration.frozen_pass_seconds(Run(shorter, settings), now.requested) > 0
    cut = changed(freeze_layers=4, max_length=100)
    assert duration.frozen_pass_seconds(Run(taught, cut), now.requested) > 0
    more = taught.model_copy(update={"reviews": 2790})
    assert duration.frozen_pass_seconds(Run(more, settings), now.requested) > 0


def taught_head(before: int, peak: int) -> tuple[Facts, Settings]:
    """The facts after a run that computed all layers once and trained the head, and its settings."""
    here = facts(calibrations={"native bf16 head": MEASURED})
    settings = changed(freeze_layers="encoder", optimizer="sgd")
    return after(settings, here, ran(Run(here, settings), slower=1.0), peak, before), settings


@given(before=st.integers(200 << 20, 400 << 20), peak=st.integers(500 << 20, 1 << 30))
def test_a_run_whose_frozen_layers_are_kept_is_forecast_without_the_pass_over_them(before: int, peak: int) -> None:
    """By what the first run had before the pass; another run that has to make it, by the first run's peak."""
    taught, settings = taught_head(before, peak)
    assert forecast(taught, settings).peak_bytes == pytest.approx(before, rel=0.1)
    longer = taught.model_copy(update={"reviews": 2790})
    assert forecast(longer, settings).peak_bytes == pytest.approx(peak, rel=0.01)
    other_kind = settings.changed({"batch_size": 64, "optimizer": "adamw"})
    assert forecast(taught, other_kind).peak_bytes == pytest.approx(before, rel=0.1)
    assert forecast(taught, settings.changed({"max_length": 64})).peak_bytes > before


@given(kept=st.integers(200 << 20, 400 << 20))
def test_what_a_run_with_kept_layers_took_is_what_the_next_one_takes(kept: int) -> None:
    taught, settings = taught_head(300 << 20, 700 << 20)
    pace = ran(Run(taught, settings), slower=1.0)
    now = after(settings, taught, pace, kept, reuses=True)
    assert forecast(now, settings).peak_bytes == pytest.approx(kept, rel=0.01)
    first = now.model_copy(update={"reviews": 2790})
    assert forecast(first, settings).peak_bytes == pytest.approx(700 << 20, rel=0.01)
    again = after(settings, now, pace, 650 << 20)  # its layers were deleted, so it had to compute them
    assert forecast(again, settings).peak_bytes == pytest.approx(kept, rel=0.01)


@pytest.mark.parametrize("reuses", [False, True])
def test_of_a_shorter_run_only_the_memory_with_kept_layers_is_learned(reuses: bool) -> None:
    taught, settings = taught_head(300 << 20, 700 << 20)
    before = taught.calibrations[taught.run_kind(settings)]
    run = Run(taught, settings, reuses=reuses)
    pace = Pace(0.0, lambda: 0.0)
    pace.on_step(10_000, 0.4)
    pace.close_window()
    found = refined(run, pace, run.requested, peak_bytes=330 << 20, before_bytes=290 << 20, start=1.0)
    assert found is not None and found.observed is not None and before.observed is not None
    assert found.observed.seconds < before.observed.seconds
    learned = to_keep(found, before, run, rehearsed=False)
    assert learned == (before.model_copy(update={"kept_rest_bytes": found.kept_rest_bytes}) if reuses else None)
    assert to_keep(found, None, run, rehearsed=False) == found


def test_kept_layers_below_others_that_learn_need_no_more_than_a_probe_had() -> None:
    here, settings = facts(), changed(freeze_layers=4)
    before = forecast(here, settings).peak_bytes
    taught = after(settings, here, ran(Run(here, settings), slower=1.0), round(1.1 * before))
    assert forecast(taught, settings).peak_bytes <= before


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_the_update_costs_by_the_weights_that_it_goes_over(optimizer: str) -> None:
    """Also where the probe's were many more: a small part of the layers is a small part of the time."""
    here = facts()
    whole, few = (Run(here, changed(freeze_layers=frozen, optimizer=optimizer)) for frozen in ("none", 5))
    share = (few.learned_bytes + few.moment_bytes) / (whole.learned_bytes + whole.moment_bytes)
    assert share < 0.3
    assert duration.update(few) == pytest.approx(share * duration.update(whole))


def test_a_calibration_of_a_busy_machine_is_used_as_a_guess_and_not_kept() -> None:
    busy = MEASURED.model_copy(update={"lost": 0.4})
    keep("key", "native bf16", busy)
    assert known("key") == {}
    keep("key", "native bf16", MEASURED)
    keep("key", "native bf16", busy)
    assert known("key") == {"native bf16": MEASURED}
    said = forecast(facts(calibrations={"native bf16": busy}), changed(precision="bf16"))
    assert not said.measured
    assert isinstance(busy, Calibration) and busy.is_busy
