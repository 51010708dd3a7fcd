"""Out of memory: told from other failures, survived wherever it happens, and no review counted twice or not at all."""

from __future__ import annotations

import errno
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.base.out_of_memory import Attempt, OutOfMemoryError, is_out_of_memory
from core.training.loop import TrainingLoop
from core.training.micro_batching import UNLIMITED, MicroBatchLimits, MicroBatchPolicy
from tests.core.encoder.tiny import is_key_bias
from tests.core.training.loops import equal

MakeLoop = Callable[..., tuple[TrainingLoop, Any]]
Tensors = dict[str, torch.Tensor]

SAYINGS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("could not create a primitive"),
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]
PLAIN: dict[str, Any] = {"dropout": 0.0, "optimizer": "adamw", "learning_rate": 1e-3, "epochs": 2, "batch_size": 8}


@pytest.fixture(params=["labels", "a teacher"])
def plain(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of a run that learns from labels, and of one that also imitates a teacher."""
    return {**PLAIN, "imitates": {}} if request.param == "a teacher" else PLAIN


def stumble(learner: Any, name: str, when: Callable[[int, tuple[Any, ...]], bool], error: BaseException) -> list[int]:
    """Let `learner.name` raise `error` instead of working, in every call for which `when(number, arguments)` holds.

    Returns the numbers of the calls that failed, filled as they come.
    """
    work, failed, calls = getattr(learner, name), [], iter(range(1 << 30))

    def stumbling(*arguments: Any, **named: Any) -> Any:
        number = next(calls)
        if when(number, arguments):
            failed.append(number)
            raise error
        return work(*arguments, **named)

    setattr(learner, name, stumbling)
    return failed


def assert_close(mine: Tensors, theirs: Tensors) -> None:
    assert mine.keys() == theirs.keys()
    for name, weight in theirs.items():
        if is_key_bias(name):  # its gradient is nothing but rounding, of which AdamW makes a whole step
            continue
        torch.testing.assert_close(mine[name], weight, rtol=1e-5, atol=1e-5, msg=name)


# Telling it from others


@pytest.mark.parametrize("error", SAYINGS, ids=lambda error: type(error).__name__)
def test_every_kind_is_known(error: BaseException) -> None:
    assert is_out_of_memory(error)
    assert Attempt(lambda: (_ for _ in ()).throw(error)).failed


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("size mismatch"),
        RuntimeError("could not create a primitive descriptor for a matmul"),
        OSError(errno.ENOSPC, "No space"),
        ValueError("out of memory"),
    ],
)
def test_other_failures_are_raised_as_they_are(error: BaseException) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)):
        Attempt(lambda: (_ for _ in ()).throw(error))


def test_a_real_one_of_torch_and_of_numpy_is_known() -> None:
    assert Attempt(lambda: torch.empty(1 << 60, dtype=torch.int8)).failed
    assert Attempt(lambda: np.ones(1 << 60, dtype=np.int8)).failed


def test_nothing_of_a_failed_attempt_is_held() -> None:
    """What the failed work had in hand is gone before the next attempt: its traceback would hold it."""
    seen: list[weakref.ref[torch.Tensor]] = []

    def work() -> None:
        large = torch.zeros(1000)
        seen.append(weakref.ref(large))
        raise MemoryError

    attempt = Attempt(work)
    assert attempt.failed
    assert seen[0]() is None


# Survived


@pytest.mark.parametrize("error", SAYINGS[:2], ids=["cuda", "cpu"])
@pytest.mark.parametrize("call", [0, 1, 5])
@pytest.mark.parametrize("where", ["learn", "update"])
def test_a_step_is_done_again_and_the_weights_are_those_of_an_undisturbed_run(
    where: str,
    call: int,
    error: BaseException,
    plain: dict[str, Any],
    make_loop: MakeLoop,
    weights_of: Callable[..., Tensors],
) -> None:
    control, undisturbed = make_loop(**plain)
    control.run()
    loop, recorder = make_loop(**plain)
    failed = stumble(loop.learner, where, lambda number, _: number == call, error)
    assert loop.run() == "finished"
    assert failed == [call]
    assert_close(weights_of(loop), weights_of(control))
    assert [step.reviews for step in recorder.steps] == [step.reviews for step in undisturbed.steps]
    assert [step.tokens for step in recorder.steps] == [step.tokens for step in undisturbed.steps]
    assert recorder.losses == pytest.approx(undisturbed.losses, rel=1e-4)
    assert loop.progress.reviews == control.progress.reviews == 44
    (said,) = recorder.memory
    assert said.batch_size == 8
    assert said.what == ("smaller" if where == "learn" else "again")


@pytest.mark.parametrize("micro", ["auto", 8])
@pytest.mark.parametrize("most", [1, 3, 5])
def test_micro_batches_shrink_until_they_fit_and_every_review_counts_once(
    most: int, micro: str | int, plain: dict[str, Any], make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    """Memory for `most` reviews at a time: gradients and weights are those of whole batches."""
    control, _ = make_loop(**plain)
    control.run()
    loop, recorder = make_loop(**plain, micro_batch_size=micro)
    sizes: list[int] = []
    learn = loop.learner.learn

    def within(examples: Any, positions: np.ndarray, *rest: Any, **named: Any) -> torch.Tensor:
        if len(positions) > most:
            raise MemoryError
        sizes.append(len(positions))
        return learn(examples, positions, *rest, **named)

    loop.learner.learn = within  # type: ignore[method-assign]
    loop.rehearse()
    assert loop.policy.now != loop.policy.requested
    sizes.clear()
    loop.run()
    assert max(sizes) <= most
    assert sum(sizes) >= sum(step.reviews for step in recorder.steps) == 44
    assert [step.reviews for step in recorder.steps].count(6) == 2
    assert_close(weights_of(loop), weights_of(control))
    assert {said.what for said in recorder.memory} == {"smaller"}


def test_a_single_review_that_does_not_fit_has_its_activations_computed_twice(
    plain: dict[str, Any], make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    control, _ = make_loop(**plain)
    control.run()
    loop, recorder = make_loop(**plain)
    saves: list[bool] = []
    recompute, learn = loop.learner.recompute, loop.learner.learn

    def recomputing() -> bool:
        saves.append(recompute())
        return saves[-1]

    def within(*arguments: Any, **named: Any) -> torch.Tensor:
        if not saves:
            raise MemoryError
        return learn(*arguments, **named)

    loop.policy._recompute = recomputing
    loop.learner.learn = within  # type: ignore[method-assign]
    loop.run()
    assert saves == [True]
    assert loop.policy.now.recompute
    assert recorder.memory[-1].what == "recompute"
    assert_close(weights_of(loop), weights_of(control))


def test_what_never_fits_ends_the_run_with_a_sentence_and_a_checkpoint(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(**PLAIN)
    stumble(loop.learner, "learn", lambda number, _: number >= 3, MemoryError())
    with pytest.raises(OutOfMemoryError, match=r"not even one review of [0-9]+ tokens fits"):
        loop.run()
    assert recorder.checkpoints[-1].progress.step == len(recorder.steps) == 3


def test_an_optimizer_that_never_has_memory_ends_the_run_too(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(**PLAIN)
    stumble(loop.learner, "update", lambda number, _: number >= 2, MemoryError())
    with pytest.raises(OutOfMemoryError, match="twice in a row"):
        loop.run()
    assert recorder.checkpoints[-1].progress.step == 2


@pytest.mark.parametrize("most", [1, 3])
def test_an_evaluation_measures_fewer_at_a_time(most: int, make_loop: MakeLoop) -> None:
    control, undisturbed = make_loop(**PLAIN)
    control.run()
    loop, recorder = make_loop(**PLAIN)
    stumble(loop.learner, "logits", lambda _, arguments: len(arguments[1]) > most, MemoryError())
    assert loop.run() == "finished"
    assert [e.loss for e in recorder.evaluations] == pytest.approx([e.loss for e in undisturbed.evaluations])
    assert {said.where for said in recorder.memory} == {"evaluation"}


def test_an_evaluation_that_never_fits_ends_the_run_with_a_checkpoint_from_which_it_is_made(
    make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    control, undisturbed = make_loop(**PLAIN)
    control.run()
    loop, recorder = make_loop(**PLAIN)
    stumble(loop.learner, "logits", lambda *_: True, MemoryError())
    with pytest.raises(OutOfMemoryError, match="not even one review"):
        loop.run()
    assert recorder.evaluations == [] and recorder.checkpoints[-1].progress.step == len(recorder.steps) == 3
    resumed, rest = make_loop(**PLAIN)
    resumed.restore(recorder.checkpoints[-1])
    assert resumed.run() == "finished"
    assert rest.evaluations == undisturbed.evaluations
    assert_close(weights_of(resumed), weights_of(control))


@pytest.mark.parametrize(("fails", "kept"), [(1, True), (2, False)])
def test_a_checkpoint_is_tried_twice_and_a_run_goes_on_without(fails: int, kept: bool, make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(**PLAIN)
    stumble(loop.learner, "moments", lambda number, _: number < fails, MemoryError())
    loop.save_checkpoint()
    assert bool(recorder.checkpoints) == kept
    assert [said.what for said in recorder.memory] == ["again", "skipped"][:fails]
    assert loop.run() == "finished"


@pytest.mark.parametrize("place", ["put", "finish"])
def test_the_best_weights_are_taken_out_at_the_second_attempt(place: str, make_loop: MakeLoop) -> None:
    loop, _ = make_loop(**PLAIN)
    loop.run()
    loop.best.tensors |= loop.learner.weights()
    stumble(loop.learner, place, lambda number, _: number == 0, MemoryError())
    with pytest.raises(MemoryError):
        loop.take_best()
    logits = loop.take_best()
    assert logits is not None and logits.shape == (10, 2)


def test_a_rehearsal_leaves_the_run_as_it_was(make_loop: MakeLoop, weights_of: Callable[..., Tensors]) -> None:
    """The longest reviews are computed first; what is learned is what would have been learned without."""
    control, undisturbed = make_loop(**{**PLAIN, "dropout": 0.1})
    control.run()
    loop, recorder = make_loop(**{**PLAIN, "dropout": 0.1})
    before = weights_of(loop)
    loop.rehearse()
    assert all(torch.equal(weight, before[name]) for name, weight in weights_of(loop).items())
    loop.run()
    assert recorder.losses == undisturbed.losses, "to the bit"
    assert equal(weights_of(loop), weights_of(control))


def test_a_rehearsal_takes_the_most_expensive_micro_batch_there_is(make_loop: MakeLoop) -> None:
    loop, _ = make_loop(batch_size=4, micro_batch_size=2)
    seen: list[int] = []
    stumble(
        loop.learner,
        "learn",
        lambda _, arguments: seen.append(int(loop.train.lengths(arguments[1], loop.special_tokens).sum())) is not None,
        MemoryError(),
    )
    loop.rehearse()
    rehearsed = seen[0]
    loop.run()
    assert rehearsed == max(seen)


def test_a_resumed_run_keeps_the_limits_that_memory_had_set(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(**PLAIN, checkpoint_seconds=0)
    stumble(loop.learner, "learn", lambda number, _: number == 1, MemoryError())
    loop.run()
    resumed, _ = make_loop(**PLAIN)
    resumed.restore(recorder.checkpoints[2])
    assert resumed.policy.now == loop.policy.now != loop.policy.requested


# Limits


@given(
    reviews=st.integers(1, 64),
    tokens=st.integers(1, 4096),
    in_tokens=st.booleans(),
    can=st.booleans(),
)
def test_limits_shrink_to_one_review_then_recompute_then_give_up(
    reviews: int, tokens: int, in_tokens: bool, can: bool
) -> None:
    left = iter([can, False])
    policy = MicroBatchPolicy(MicroBatchLimits(4096 if in_tokens else UNLIMITED, 64), lambda: next(left))
    for _ in range(100):
        before = policy.now
        if not policy.shrink(0, reviews, tokens):
            break
        if reviews > 1:
            assert policy.now.tokens < tokens or policy.now.tokens == 1 or policy.now.reviews < reviews
            assert policy.now.tokens <= max(-(-tokens // 2), 1) if in_tokens else policy.now.reviews == reviews // 2
        else:
            assert policy.now.recompute and not before.recompute
        reviews, tokens = max(reviews // 2, 1), max(-(-tokens // 2), 1)
    else:
        pytest.fail("never gave up")
    assert reviews == 1
    assert policy.now.recompute == can


def test_limits_grow_back_later_and_later_each_time_that_fails() -> None:
    policy = MicroBatchPolicy(MicroBatchLimits(UNLIMITED, 16), lambda: False)
    assert not policy.grow(10_000)
    assert policy.shrink(0, 16, 100)
    assert not policy.grow(99)
    assert policy.grow(100) and policy.now.reviews == 16
    assert policy.shrink(100, 16, 100) and policy.now.reviews == 8
    assert not policy.grow(299)
    assert policy.grow(300)


def test_limits_survive_being_written_down() -> None:
    policy = MicroBatchPolicy(MicroBatchLimits(2048, 16), lambda: True)
    assert policy.state() == {}
    policy.shrink(7, 4, 2000)
    policy.shrink(7, 1, 500)
    other = MicroBatchPolicy(MicroBatchLimits(2048, 16), lambda: True)
    other.restore(policy.state())
    assert (other.now, other.state()) == (policy.now, policy.state())
    assert other.now == MicroBatchLimits(1000, 16, recompute=True)
