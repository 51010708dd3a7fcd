"""The closed form: what it depends on, in which direction, and that it is quick enough for every key."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from core.base.errors import InputError
from core.forecast import duration
from core.forecast.facts import Calibration, Facts
from core.forecast.forecast import forecast, savings
from core.forecast.run import Run
from core.planning.model_shape import shape_of
from core.settings.schema import Settings
from tests.core.optimizers import EVERY

CONFIG = {
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}
MEASURED = Calibration(rest_bytes=400 << 20, rate=2e11, overhead=0.01, forward_rate=2e11, update=1.2e-10, start=6.0)
TABLE = [(length, 20) for length in range(5, 700, 5)]
ORDERED = ("max_length", "batch_size", "micro_batch_size", "epochs")


def facts(**more: Any) -> Facts:
    given = {
        "model": "starter",
        "shape": shape_of(CONFIG, 2),
        "limit": 512,
        "reviews": 2780,
        "table": TABLE,
        "distinct": 9000,
        "auto_precision": "bf16",
        "budgets": {"fp32": 2048, "bf16": 2048},
        "calibrations": dict.fromkeys(("native bf16", "native fp32", "transformers bf16 lora"), MEASURED),
        "free_bytes": 16 << 30,
    }
    return Facts.model_validate({**given, **more})


def changed(**changes: Any) -> Settings:
    return Settings().changed(changes)


@st.composite
def wanted(draw: st.DrawFn) -> dict[str, Any]:
    given = {
        "max_length": draw(st.sampled_from([16, 64, 256, 512])),
        "batch_size": draw(st.sampled_from([4, 16, 64])),
        "micro_batch_size": draw(st.sampled_from(["auto", 1, 4])),
        "precision": draw(st.sampled_from(["fp32", "bf16"])),
        "freeze_layers": draw(st.sampled_from(["none", "embeddings", 3, "encoder"])),
        "gradient_checkpointing": draw(st.booleans()),
        "lora": draw(st.booleans()),
        **draw(st.sampled_from(EVERY)),
        "epochs": draw(st.sampled_from([1, 4])),
    }
    try:
        Settings().changed(given)
    except InputError:
        assume(False)
    return given


@tries(max_examples=60, deadline=None)
@given(wanted())
def test_every_forecast_adds_up(given: dict[str, Any]) -> None:
    said = forecast(facts(), changed(**given))
    assert said.peak_bytes == sum(said.parts.model_dump().values())
    assert all(size >= 0 for size in said.parts.model_dump().values())
    assert said.low_bytes < said.peak_bytes < said.high_bytes
    assert said.seconds_per_epoch > 0 and said.training_seconds < said.seconds
    assert said.low_seconds < said.seconds < said.high_seconds
    assert 1 <= said.micro_batch_size <= said.batch_size
    assert said.measured == (facts().probe_name(changed(**given)) in facts().calibrations)


@tries(max_examples=60, deadline=None)
@given(given=wanted(), data=st.data())
def test_more_of_anything_never_takes_less(given: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["max_length", "batch_size", "epochs", "kept", "adamw"]))
    more = dict(given)
    if name in ("max_length", "batch_size", "epochs"):
        more[name] *= 2
        assume(more["max_length"] <= 512)
    elif name == "adamw":
        more |= EVERY[0]  # all defaults: AdamW
    elif name == "fp32":
        assume(given["gradient_checkpointing"] is False and not given["lora"])
        more["gradient_checkpointing"], given = (
            False,
            {**given, "gradient_checkpointing": given["freeze_layers"] != "encoder"},
        )
    here = facts(free_bytes=0)
    less, larger = forecast(here, changed(**given)), forecast(here, changed(**more))
    assert larger.parts.total >= less.parts.total * 0.98  # shorter reviews are more of them in what is computed once
    if name in ("max_length", "epochs"):
        assert larger.seconds >= less.seconds * 0.999


@tries(max_examples=30, deadline=None)
@given(given=wanted(), free=st.integers(700 << 20, 6 << 30))
def test_what_does_not_fit_is_made_smaller_and_the_batch_is_kept(given: dict[str, Any], free: int) -> None:
    requested = forecast(facts(free_bytes=0), changed(**given))
    said = forecast(facts(free_bytes=free), changed(**given))
    assert said.batch_size == given["batch_size"] == requested.batch_size
    assert said.micro_batch_size <= requested.micro_batch_size
    assert said.fits == (requested.peak_bytes <= int(free * 0.9))
    if said.fits:
        assert said.parts == requested.parts
    assert 0 <= said.largest_micro_batch <= said.batch_size


def test_the_largest_micro_batch_is_the_largest() -> None:
    here, settings = facts(free_bytes=3 << 29), changed(batch_size=64, precision="fp32", checkpoint_seconds=1e9)
    most = forecast(here, settings).largest_micro_batch
    assert 1 < most < 64
    assert forecast(here, settings.changed({"micro_batch_size": most})).fits
    assert not forecast(here, settings.changed({"micro_batch_size": most + 1})).fits


@tries(max_examples=30, deadline=None)
@given(wanted())
def test_a_saving_saves_what_it_says(given: dict[str, Any]) -> None:
    here, settings = facts(free_bytes=0), changed(**given)
    now = forecast(here, settings)
    found = savings(here, settings)
    assert [one.bytes for one in found] == sorted((one.bytes for one in found), reverse=True)
    for one in found:
        then = forecast(here, settings.changed({one.setting: one.value}))
        assert one.bytes == now.peak_bytes - then.peak_bytes > 0
        assert one.seconds == then.seconds - now.seconds
    assert len({(one.setting, str(one.value)) for one in found}) == len(found)


@pytest.mark.parametrize(
    ("changes", "path", "way"),
    [
        ({}, "native", "native bf16"),
        ({"precision": "fp32"}, "native", "native fp32"),
        ({"lora": True}, "transformers", "transformers bf16 lora"),
        ({"lora": True, "gradient_checkpointing": True}, "transformers", "transformers bf16 lora recompute"),
        ({"device": "cuda"}, "transformers", "transformers bf16"),
    ],
)
def test_how_a_run_is_computed(changes: dict[str, Any], path: str, way: str) -> None:
    settings = changed(**changes)
    assert (facts().path(settings), facts().probe_name(settings)) == (path, way)


def test_padded_reviews_of_many_lengths_need_many_kernels() -> None:
    lora = {"lora": True, "precision": "bf16", "micro_batch_size": 4}
    calibrations = {"transformers bf16 lora": MEASURED.model_copy(update={"kernel_bytes": 10 << 20})}

    def kernels(table: list[tuple[int, int]], **changes: Any) -> int:
        ours = changed(**lora, **changes)
        with_them, without = facts(table=table, calibrations=calibrations), facts(table=table)
        return (forecast(with_them, ours).peak_bytes - forecast(without, ours).peak_bytes) // (10 << 20)

    assert kernels([(61, 20), (63, 20)]) == 4  # all are 64: a step, an evaluation, and fewer reviews of each
    assert kernels([(20, 20), (40, 20), (60, 20)]) == 8
    assert kernels(TABLE) == 12  # more are not kept at the same time
    assert kernels(TABLE, max_steps=1, batch_size=4, validation_fraction=0.01) == 4


def test_checkpoints_without_a_pause_wait_for_the_disk() -> None:
    slow = {"native fp32": MEASURED.model_copy(update={"disk_rate": 1e7})}
    here = facts(calibrations=slow)
    seldom, always = (
        forecast(here, changed(precision="fp32", checkpoint_seconds=pause, max_steps=10)) for pause in (1e6, 0)
    )
    of_a_checkpoint = 3 * seldom.parts.gradients / 1e7
    assert always.training_seconds - seldom.training_seconds == pytest.approx(10 * of_a_checkpoint, rel=0.2)
    assert seldom.seconds - seldom.training_seconds > of_a_checkpoint, "one is written at the end"


def test_what_was_never_measured_is_called_a_guess_and_is_less_sure() -> None:
    said, guessed = forecast(facts(), changed()), forecast(facts(calibrations={}), changed())
    assert said.measured and not guessed.measured
    assert guessed.high_bytes / guessed.peak_bytes > said.high_bytes / said.peak_bytes


def test_a_key_never_waits_for_a_forecast() -> None:
    """A gauge may take 100 ms; the fastest of five forecasts of a large batch that has to be made smaller."""
    here, settings = facts(free_bytes=2 << 30), changed(batch_size=256, max_length=64)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        forecast(here, settings)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.1


def test_the_pass_over_frozen_layers_is_training_time_as_the_journal_counts_it() -> None:
    here = facts()
    frozen = changed(freeze_layers=here.shape.layers // 2)
    run = Run(here, frozen)
    said, (_, steps) = forecast(here, frozen), duration.seconds(run, run.requested)
    assert duration.frozen_pass_seconds(run, run.requested) > 0
    assert said.training_seconds == pytest.approx(steps + duration.frozen_pass_seconds(run, run.requested))
