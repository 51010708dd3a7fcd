"""On a GPU steps are handed out without waiting for one: no number is asked of the device in between, and what is read
late is the same, in the same order, and all there when something stands on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo.exc import TorchDynamoException

from core.learners.hugging_face import HuggingFaceLearner
from core.runs.records import StepRecord
from core.training import loss as loss_module
from core.training.async_scalars import AsyncScalars
from core.training.loop import DivergedError, TrainingLoop
from core.training.loss import cross_entropy
from core.training.stepper import Stepper
from tests.core.conftest import on_transformers

FAMILIES = ("bert", "distilbert", "roberta")
MakeLoop = Callable[..., tuple[TrainingLoop, Any]]


def on_no_device(loop: TrainingLoop) -> TrainingLoop:
    """The loop on a device that holds no values, where to ask for one is an error."""
    loop.device = torch.device("meta")
    model: Any = loop.classifier.model
    model.set_attn_implementation("sdpa")
    loop.learner = HuggingFaceLearner(
        loop.classifier,
        loop.special_tokens,
        loop.settings,
        loop.device,
        on_transformers(loop.classifier, loop.settings, loop.device, "fp32"),
    )
    loop._stepper = Stepper(
        loop.learner,
        loop.train,
        loop.special_tokens,
        loop.settings,
        loop.policy,
        loop.device,
        cross_entropy(loop.train.labels, len(loop.classifier.labels), loop.settings, loop.device),
        loop.observer,
    )
    return loop


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
@pytest.mark.parametrize("changes", [{}, {"lora": True}, {"class_weights": "balanced", "label_smoothing": 0.1}])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_value_of_the_device_decides_what_a_step_does(
    family: str, changes: dict[str, Any], make_loop: MakeLoop
) -> None:
    loop = on_no_device(make_loop(family, optimizer="sgd", micro_batch_size=3, **changes)[0])
    handed_out = loop._stepper.step(0, np.arange(8), 1e-3)
    with pytest.raises(RuntimeError, match="meta"):  # only here
        handed_out.scalars.read()


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
def test_a_mask_of_two_dimensions_would_have_to_be_waited_for(make_loop: MakeLoop) -> None:
    loop = on_no_device(make_loop("bert", optimizer="sgd")[0])
    loop.learner._wide_mask = False  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="meta"):
        loop._stepper.step(0, np.arange(8), 1e-3)


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_wide_mask_gives_the_logits_of_the_narrow_one(family: str, make_loop: MakeLoop) -> None:
    loop, _ = make_loop(family)
    model: Any = loop.classifier.model
    model.set_attn_implementation("sdpa")
    found = []
    for wide in (False, True):
        loop.learner._wide_mask = wide  # type: ignore[attr-defined]
        found.append(loop.learner.logits(loop.train, np.arange(12)))
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ahead", [1, 3])
def test_what_is_read_late_is_what_was_read_at_once(ahead: int, make_loop: MakeLoop) -> None:
    told = []
    for steps_ahead in (0, ahead):
        loop, recorder = make_loop(rows=30, checkpoint_seconds=0, evaluate_every=3)
        loop.learner.steps_ahead = steps_ahead
        recorder.control_requests = list  # nothing is asked for
        assert loop.run() == "finished"
        told.append(recorder)
    assert told[1].steps == told[0].steps and len(told[0].steps) == 8
    assert told[1].evaluations == told[0].evaluations
    assert [one.progress for one in told[1].checkpoints] == [one.progress for one in told[0].checkpoints]


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_handing_out_a_step_counts_as_time_whenever_it_is_told(ahead: int, make_loop: MakeLoop) -> None:
    now = 0.0
    loop, recorder = make_loop(rows=30, checkpoint_seconds=0, evaluate_every=1000, clock=lambda: now)
    loop.learner.steps_ahead = ahead
    recorder.control_requests = list
    step = loop._stepper.step

    def slow(*step_of: Any) -> Any:
        nonlocal now
        now += 1.0
        return step(*step_of)

    loop._stepper.step = slow  # type: ignore[method-assign]
    loop.run()
    assert loop.progress.seconds == len(recorder.steps) == 8


def test_a_step_is_told_once_the_next_is_handed_out(make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    loop, recorder = make_loop(rows=40, epochs=1, evaluate_every=100)
    loop.learner.steps_ahead = 1
    step, tell = loop._stepper.step, recorder.on_step

    def handed_out(number: int, *step_of: Any) -> Any:
        happened.append(f"out {number + 1}")
        return step(number, *step_of)

    def told(record: StepRecord) -> None:
        happened.append(f"told {record.step}")
        tell(record)

    monkeypatch.setattr(loop._stepper, "step", handed_out)
    monkeypatch.setattr(recorder, "on_step", told)
    monkeypatch.setattr(recorder, "control_requests", list)
    loop.run()
    expected = "out 1, out 2, told 1, out 3, told 2, out 4, told 3, out 5, told 4, told 5"
    assert ", ".join(happened) == expected


@pytest.mark.parametrize("wish", ["stop", "stop_and_save", "pause"])
def test_all_steps_are_told_before_an_answer_to_a_request(
    wish: str, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, recorder = make_loop(rows=40, sleep=lambda seconds: None)
    loop.learner.steps_ahead = 1
    looks: Iterator[list[str]] = iter([[], [], [wish], ["stop"]])
    monkeypatch.setattr(recorder, "control_requests", lambda: next(looks))
    paused_after: list[int] = []
    monkeypatch.setattr(recorder, "on_pause", lambda paused: paused_after.append(len(recorder.steps)))
    loop.run()
    assert [one.step for one in recorder.steps] == [1, 2, 3]
    assert paused_after == ([3] if wish == "pause" else [])


def test_a_loss_that_is_no_number_is_found_though_it_is_read_late(
    make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, recorder = make_loop(rows=40)
    loop.learner.steps_ahead = 1
    real = loss_module.loss_sum

    def broken(*given: Any) -> torch.Tensor:
        return real(*given) * (float("nan") if loop.progress.step == 1 else 1.0)

    monkeypatch.setattr(loss_module, "loss_sum", broken)
    monkeypatch.setattr(recorder, "control_requests", list)
    with pytest.raises(DivergedError, match="step 2"):
        loop.run()
    assert [one.step for one in recorder.steps] == [1, 2]


def test_readings_are_of_the_moment_they_were_sent_off() -> None:
    number = torch.tensor(2.0)
    sent = AsyncScalars(number, torch.tensor(3.0, dtype=torch.float64))
    number.fill_(5)
    assert sent.read() == [2.0, 3.0]


# Compiling


class Compiled:
    """A module as `torch.compile` gives it: it works, or fails at its first use, forward or on the way back."""

    def __init__(self, module: Any, fails: str) -> None:
        self.module, self.fails, self.calls = module, fails, 0

    def __call__(self, **given: Any) -> Any:
        self.calls += 1
        if self.fails == "forward":
            raise TorchDynamoException("no compiler")
        output = self.module(**given)
        if self.fails == "backward":
            output.logits = FailsOnTheWayBack.apply(output.logits)
        return output


class FailsOnTheWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return logits.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        raise TorchDynamoException("no compiler")


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
@pytest.mark.parametrize("fails", ["", "forward", "backward"])
def test_a_run_is_the_same_whether_compiling_works_or_fails(
    fails: str, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, expected = make_loop(compile="off")
    assert control.prepare(print) == ""
    control.run()
    made: list[Compiled] = []

    def compile(module: Any, **_: Any) -> Compiled:
        made.append(Compiled(module, fails))
        return made[-1]

    monkeypatch.setattr(torch, "compile", compile)
    loop, recorder = make_loop(compile="on")
    sentence = loop.prepare(print)
    tried = made[0].calls
    loop.run()
    assert recorder.losses == expected.losses and recorder.evaluations == expected.evaluations
    assert loop.learner.compiled is (not fails)
    assert (made[0].calls > tried) is (not fails)
    assert ("without being compiled: no compiler" in sentence) is bool(fails)


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "sentence", "raised"),
    [
        ("put_ does not have a deterministic implementation", "not bit-identical: put_ does not have", False),
        ("CUDA out of memory. Tried to allocate 2 MiB", "", False),
        ("an illegal memory access", "", True),
    ],
)
def test_a_model_that_cannot_keep_an_order_computes_without_and_that_is_said(
    fields: str, sentence: str, raised: bool, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = on_no_device(make_loop("bert", optimizer="sgd")[0])

    def fail(examples: Any) -> None:
        raise RuntimeError(fields)

    let_go: list[bool] = []
    monkeypatch.setattr(loop.learner, "_try_two", fail)
    monkeypatch.setattr("core.learners.hugging_face.let_order_go", lambda: let_go.append(True))
    if raised:
        with pytest.raises(RuntimeError, match=fields):
            loop.prepare(lambda fraction: None)
    else:
        assert sentence in loop.prepare(lambda fraction: None)
    assert bool(let_go) == bool(sentence)


@pytest.mark.parametrize("path", ["transformers"], indirect=True)
def test_nobody_who_does_not_ask_for_the_same_bits_is_told_of_them(
    make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = on_no_device(make_loop("bert", optimizer="sgd", deterministic=False)[0])
    monkeypatch.setattr(loop.learner, "_try_two", lambda examples: pytest.fail("it was tried"))
    assert loop.prepare(lambda fraction: None) == ""
