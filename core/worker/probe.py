"""Measures real training steps: `python -m core.worker.probe` reads a request from stdin and prints a calibration.

The process builds the model as a worker does, and computes the most expensive micro-batch and some others on made-up
token ids. It writes no files and has its own memory, so it does not influence a run that starts after it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.base.contention import Contention
from core.base.files import home, private_folder
from core.forecast import duration
from core.forecast.facts import TOUCH, Calibration, Facts
from core.forecast.memory import limits_that_fit
from core.forecast.memory import parts as memory_parts
from core.forecast.run import Run, padded
from core.planning import loads
from core.planning.run_plan import UNLIMITED, MicroBatchLimits, cpu_threads
from core.settings.schema import Settings

_PLACES = (0.75, 0.5, 0.25)
"""Relative positions in the table of lengths from which further micro-batches are taken."""
_MIN_TOKENS = 1024
"""Minimum tokens of the largest micro-batch on the transformers path: smaller ones do not predict larger ones."""
_MAX_REVIEWS = 128
"""Maximum reviews of a micro-batch that is enlarged to reach `_MIN_TOKENS`."""
_KERNEL_LENGTHS = range(8, 88, 8)
"""Lengths of single reviews computed on the transformers path: the memory that they add is kernels."""
_MIN_FACTOR, _MAX_FACTOR = 0.8, 2.0
"""Limits of measured activations divided by counted ones."""
_SMALL_DIVISOR = 4
"""Reviews of the large micro-batch divided by those of the small one that is timed beside it."""
_TRIES = 2
_MIN_MOMENT_BYTES = 8 << 20
"""Minimum bytes of moments that reveal how long the first write to memory takes."""
_READING_SECONDS = 1.0
"""Time that a worker spends before its first step and a probe does not: reading, splitting, the first tokenizing."""
_DISK_BYTES = 64 << 20
"""Bytes written to measure the speed of the disk."""
_MIN_COMPUTE_SHARE = 0.01
"""Minimum share of its operations in the time of a micro-batch on a GPU; the rest is overhead."""


def measure(facts: Facts, settings: Settings, folder: Path, began: float) -> Calibration:
    """Measure a few steps in this process.

    Args:
        facts: Model, reviews and machine.
        settings: Settings of the run.
        folder: Folder of the model.
        began: When this process started, by `time.perf_counter`.
    """
    import torch

    from core.base.memory import MemorySampler, process_bytes

    settings = _large_enough(facts, settings)
    run = Run(facts, settings)
    plan = limits_that_fit(run, facts.free_bytes or UNLIMITED)
    parts, learned = _parts(run, plan)
    largest = parts[0]
    loop, places, distinct = _training_loop(facts, settings, folder, parts)
    device, learner, examples = loop.device, loop.learner, loop.train
    on_gpu = device.type == "cuda"
    held: Callable[[], int] = partial(torch.cuda.memory_allocated, device) if on_gpu else process_bytes
    start = time.perf_counter() - began
    learner.prepare((examples,), lambda fraction: None)
    prepared = time.perf_counter() - began - start
    sampler = MemorySampler(lambda sample: None, every=0.05, records_every=1 << 30)
    sampler.start()

    watch = _Stopwatch((lambda: torch.cuda.synchronize(device)) if on_gpu else lambda: None)
    seconds = watch.seconds

    def learn(part: int, *, first: bool = True) -> Any:
        def loss(logits: torch.Tensor) -> torch.Tensor:
            return logits.float().square().sum()

        return learner.learn(examples, places[part], loss, (settings.seed, 0, part), first=first)

    kernel = kernels = first_kernels = 0
    if not run.native:  # the native path allocates its buffers for the largest micro-batch at once, as in a run
        learn(1)
        learner.update(0.0)
        learner.logits(examples, places[1])
    if not run.native and not on_gpu:
        singles = len(parts) - len(_KERNEL_LENGTHS)
        kernel, kernels = _kernel_bytes(learn, held, range(singles, len(parts)))
        first_kernels = kernel * len({(len(part), padded(max(part))) for part in parts[:singles]})
    before = held() - kernels  # gradients and moments are allocated by now
    rehearsal, large = (seconds(lambda: learn(0), tries) for tries in (1, _TRIES))
    if on_gpu:
        learn(0, first=len(largest) == len(run.longest_batch))  # beside the gradients of an earlier micro-batch, if any
    first, update = (seconds(lambda: learner.update(0.0), tries) for tries in (1, _TRIES))
    forward = seconds(lambda: learner.logits(examples, places[0]))
    others = [seconds(partial(learn, part), _TRIES if on_gpu else 1) for part in range(1, learned)]  # new shapes
    logits = learner.logits(examples, places[learned]).cpu().numpy()
    sampler.stop()
    first_evaluation = _first_metrics_seconds(logits, examples.labels[places[learned]], loop.classifier.labels)
    peak = int(torch.cuda.max_memory_allocated(device)) if on_gpu else max(sampler.peak, held())
    rest, factor = _unexplained(facts, settings, plan, distinct, before, peak - kernels - first_kernels)
    operations = [duration.step_operations(run, _load(run, lengths)) for lengths in parts[:learned]]
    rate, overhead = (_line if on_gpu else _proportion)(operations, [large, *others])
    return Calibration(
        rest_bytes=rest,
        kernel_bytes=kernel,
        factor=factor,
        rate=rate,
        overhead=overhead,
        forward_rate=_frozen_operations(run, parts) / prepared
        if run.head_only and run.native
        else _forward_operations(run, largest) / forward,
        update=update / max(run.learned_bytes + run.moment_bytes, 1),
        touch=_first_touch_seconds(run, first - update),
        start=start + rehearsal + _READING_SECONDS,
        first_evaluation=first_evaluation,
        disk_rate=_disk_rate(),
        lost=watch.lost,
    )


class _Stopwatch:
    """Times work, and subtracts the time during which other processes had the processors."""

    def __init__(self, finish: Callable[[], object]) -> None:
        """Args:
        finish: blocks until all queued work is done.
        """
        self._finish, self._contention = finish, Contention()
        self._all = self._lost = 0.0

    def seconds(self, work: Callable[[], Any], tries: int = _TRIES) -> float:
        """Return the seconds of the fastest of several calls of `work`."""
        taken = []
        self._contention.lost()
        for _ in range(tries):
            since = time.perf_counter()
            work()
            self._finish()
            spent, share = time.perf_counter() - since, self._contention.lost()
            taken.append(spent * (1 - share))
            self._all += spent
            self._lost += spent * share
        return min(taken)

    @property
    def lost(self) -> float:
        """Share of the timed seconds that was lost to other processes."""
        return self._lost / self._all if self._all else 0.0


def _proportion(operations: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return the operations per second of the first, largest micro-batch, and the mean overhead of the others."""
    rate = max(operations[0], 1.0) / seconds[0]
    overheads = [taken - done / rate for done, taken in zip(operations[1:], seconds[1:], strict=True)]
    return rate, max(sum(overheads) / len(overheads), 0.0)


def _line(operations: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return the operations per second, and the overhead of a micro-batch, by linear regression.

    A GPU may take as long for a small micro-batch as for a large one: the time it takes to queue the work.
    """
    mean = max(sum(operations) / len(operations), 1.0), sum(seconds) / len(seconds)
    spread = sum((done - mean[0]) ** 2 for done in operations)
    rise = sum((done - mean[0]) * (taken - mean[1]) for done, taken in zip(operations, seconds, strict=True))
    each = min(max(rise / max(spread, 1.0), 0.0), mean[1] / mean[0])
    return 1.0 / max(each, _MIN_COMPUTE_SHARE * mean[1] / mean[0]), max(mean[1] - each * mean[0], 0.0)


def _first_metrics_seconds(logits: Any, labels: Any, names: Sequence[str]) -> float:
    """Return the seconds that the first computation of metrics takes."""
    import datasets  # noqa: F401 -- a worker has loaded it to read reviews, along with some of what metrics need

    from core.inference.metrics import measure as figures

    since = time.perf_counter()
    figures(logits, labels, names)
    return time.perf_counter() - since


def _kernel_bytes(learn: Callable[[int], Any], held: Callable[[], int], parts: Sequence[int]) -> tuple[int, int]:
    """Return by how many bytes memory grows for one new shape, and for all of `parts`, whose shapes all differ.

    The former is the mean of the larger half, because free room left over from earlier hides the smaller ones.
    """
    sizes = [held()]
    for part in parts:
        learn(part)
        sizes.append(held())
    grown = sorted(max(after - before, 0) for before, after in pairwise(sizes))
    larger = grown[len(grown) // 2 :]
    return sum(larger) // len(larger), sum(grown)


def _first_touch_seconds(run: Run, seconds: float) -> float:
    """Return the seconds per byte of memory that is written to for the first time.

    Args:
        run: The run.
        seconds: How much longer the first update took, which allocates the moments, than the next.
    """
    moments = run.moment_bytes
    if moments < _MIN_MOMENT_BYTES or not run.native:  # the transformers path has made an update earlier
        return TOUCH
    return max(seconds, 0.0) / moments


def _disk_rate() -> float:
    """Return the bytes per second written to the disk of the home folder."""
    content = os.urandom(_DISK_BYTES)
    since = time.perf_counter()
    with tempfile.TemporaryFile(dir=private_folder(home())) as file:  # it has no name, so nothing can stay behind
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return _DISK_BYTES / (time.perf_counter() - since)


def _parts(run: Run, plan: MicroBatchLimits) -> tuple[list[list[int]], int]:
    """Return the lengths of the micro-batches to compute, and how many of them, from the first, are training steps.

    The first is the most expensive, the second a small one. After the training steps come the batch of an evaluation,
    those of the pass over frozen layers, if there is one, and on the transformers path single reviews.
    """
    train, evaluation = run.passes(plan)
    largest, batch = train[0], run.settings.batch_size
    parts = [largest, largest[: max(len(largest) // _SMALL_DIVISOR, 1)], *train[1:]]
    for share in _PLACES:
        length = run.table[min(int(len(run.table) * share), len(run.table) - 1)][0]
        parts.append(loads.largest_part([length] * batch, plan.tokens, plan.reviews))
    learned = len(parts)
    parts.append(evaluation)
    if run.native and run.num_frozen > 0:
        parts += run.frozen_parts()
    if not run.native:
        parts += [[length] for length in _KERNEL_LENGTHS]
    return parts, learned


def _large_enough(facts: Facts, settings: Settings) -> Settings:
    """Return the settings, with the batch enlarged on the transformers path if it is below `_MIN_TOKENS`."""
    run = Run(facts, settings)
    part = run.largest_part(run.requested)
    if run.native or sum(part) >= _MIN_TOKENS:
        return settings
    reviews = min(-(-_MIN_TOKENS // max(part, default=1)), _MAX_REVIEWS)
    return settings.changed({"batch_size": max(reviews, settings.batch_size), "micro_batch_size": reviews})


def _unexplained(
    facts: Facts, settings: Settings, plan: MicroBatchLimits, distinct: int, before: int, peak: int
) -> tuple[int, float]:
    """Return the bytes outside of the formulas, and measured activations divided by counted ones.

    The factor is 1 on the native path, whose formula counts every buffer, and on GPUs. Elsewhere the formula counts
    what autograd keeps, but not how the allocator arranges it.
    """
    run = Run(facts.model_copy(update={"distinct": distinct, "calibrations": {}}), settings)
    parts = memory_parts(run, plan, begun=False)
    passes = parts.activations + parts.workspace
    if run.native or run.counted_on_gpu:
        return max(peak - (parts.total - parts.baseline), 0), 1.0
    factor = (peak - before) / max(passes, 1)
    if facts.device == "cpu" and facts.shape.family != "other":
        factor = min(max(factor, _MIN_FACTOR), _MAX_FACTOR)
    factor = max(factor, 0.05)
    return max(peak - (parts.total - parts.baseline - passes) - round(factor * passes), 0), factor


def _forward_operations(run: Run, lengths: Sequence[int]) -> float:
    layers = run.shape.layers - (max(run.num_frozen, 0) if run.native else 0)
    return max(duration.operations(run, _load(run, lengths), layers), 1.0)


def _frozen_operations(run: Run, parts: Sequence[Sequence[int]]) -> float:
    """Return the floating-point operations of one pass of all reviews through the frozen layers."""
    load = _load(run, [length for lengths in parts for length in lengths])
    return duration.operations(run, load, run.num_frozen, top=run.head_only)


def _load(run: Run, lengths: Sequence[int]) -> loads.Work:
    """Return the work of one micro-batch."""
    longest = [max(lengths)] * len(lengths) if not run.native else list(lengths)
    return loads.work(loads.binned(longest), len(lengths), 1 << 62, 1 << 62, square=not run.native)


def _training_loop(
    facts: Facts, settings: Settings, folder: Path, parts: Sequence[Sequence[int]]
) -> tuple[Any, list[Any], int]:
    """Return a training loop on made-up reviews, the positions of each part, and the number of different tokens.

    Args:
        facts: Model, reviews and machine.
        settings: Settings of the run.
        folder: Folder of the model.
        parts: Lengths of the reviews, by micro-batch.
    """
    import numpy as np
    import torch

    import core.worker.session  # noqa: F401 -- the modules that a worker loads count as its memory
    from core.data.examples import Examples
    from core.data.token_store import TokenStore
    from core.data.tokens import special_tokens_of
    from core.models.classifier import build_classifier, build_native_classifier
    from core.models.device import choose_device
    from core.models.sources import ModelSource
    from core.training.loop import TrainingLoop

    torch.set_num_threads(cpu_threads())
    names = tuple(f"class {number}" for number in range(facts.shape.classes))
    source = ModelSource(facts.model, folder)
    classifier = build_native_classifier(source, names, settings)
    if classifier is None:
        classifier = build_classifier(source, names, settings)
    special_tokens = special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation)
    around = len(special_tokens.before) + len(special_tokens.after)
    counts = np.array([max(length - around, 1) for lengths in parts for length in lengths], dtype=np.int32)
    most = min(facts.distinct, facts.shape.vocabulary)
    ids = np.random.default_rng(0).integers(0, max(most, 1), size=int(counts.sum())).astype(np.uint32)
    starts = np.cumsum(counts, dtype=np.int64) - counts
    store = TokenStore(ids, starts, counts, complete=True)
    rows = np.arange(len(counts))
    examples = Examples(store, rows, rows % max(facts.shape.classes, 1))
    device = choose_device(settings.device)
    loop = TrainingLoop(
        classifier,
        special_tokens,
        examples,
        examples,
        settings,
        device,
        facts.precision(settings),
        None,
        NullObserver(),
    )
    ends = np.cumsum([len(lengths) for lengths in parts])
    places = [np.arange(end - len(lengths), end) for end, lengths in zip(ends, parts, strict=True)]
    return loop, places, len(np.unique(ids)) + around + 1


class NullObserver:
    """An observer that ignores everything."""

    def on_step(self, record: Any) -> None: ...
    def on_layers(self, record: Any) -> None: ...
    def on_time(self, record: Any) -> None: ...
    def on_evaluation(self, record: Any) -> None: ...
    def on_evaluating(self, fraction: float) -> None: ...
    def on_checkpoint(self, checkpoint: Any) -> None: ...
    def settle(self) -> None: ...
    def on_pause(self, paused: bool) -> None: ...
    def on_memory(self, record: Any) -> None: ...
    def control_requests(self) -> list[Any]:
        return []


def main() -> None:
    """Read a request from standard input, and print the calibration as JSON."""
    began = time.perf_counter()
    request = json.load(sys.stdin)
    facts, settings = Facts.model_validate(request["facts"]), Settings.model_validate(request["settings"])
    print(measure(facts, settings, Path(request["folder"]), began).model_dump_json())


if __name__ == "__main__":
    main()
