"""The memory formula: the bytes of a run, by purpose.

On a CPU they are the anonymous memory of the worker, on a GPU what torch's allocator hands out. A run's journal records
the same quantities as `process_peak` and `device_peak`.

    baseline     libraries, allocator and kernels: measured (calibration.py)
    weights      all weights in fp32; a copy in the format of the matrix products
    gradients    fp32, of the trainable weights; on the native path only the words that occur
    optimizer    two moments per trainable weight (AdamW), or none (SGD)
    activations  what the backward pass of the most expensive micro-batch needs
    workspace    temporary buffers; kernels; dropout masks; tables of the reviews
    copies       the best weights so far; what saving the model at the end needs on top

`gpu_memory.py` is the counterpart for GPUs.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.encoder import footprint
from core.forecast import autograd, gpu_memory
from core.forecast.run import Run
from core.planning.run_plan import UNLIMITED, MicroBatchLimits
from core.planning.sizes import HEAD_POOL_ELEMENTS, POOL_ELEMENTS

_ROW_BYTES = 64
"""Bytes per review in the tables of a run."""
_READING, _READING_REUSED = 40 << 20, 24 << 20
"""Bytes that reading and tokenizing reviews add to a worker. If more than the head is trained, training reuses some of
them (measured)."""
_LORA_PIECES, _LORA_PIECES_FP32 = 24 << 20, 70 << 20
"""Bytes that the allocator retains from LoRA's many small tensors but that the few steps of a calibration do not show;
in fp32 kernels are included, which they do not show either (measured). An evaluation fits into these bytes."""
_LATE_KERNELS = 20 << 20, 25 << 20, 35 << 20
"""Bytes of the kernels of bf16 products for shapes that a calibration has not met: if all reviews have the same length;
in addition, if all lengths differ; and in addition, if micro-batches are large as well (measured)."""
_LARGE_TOKENS = 1024
"""Tokens from which a micro-batch counts as large."""
_FROZEN_KERNELS = 40 << 10
"""Bytes of fp32 kernels per element of the width, if frozen layers are computed once (measured)."""


class Parts(BaseModel):
    """Bytes in use at the peak, by purpose."""

    model_config = ConfigDict(frozen=True)

    baseline: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    workspace: int
    copies: int

    @property
    def total(self) -> int:
        return sum(self.model_dump().values())


def parts(run: Run, plan: MicroBatchLimits, *, begun: bool = True) -> Parts:
    """Return the bytes in use at the peak, by purpose.

    Args:
        begun: Whether the run is well under way. During its first steps there are no copies and fewer kernels.
    """
    if run.counted_on_gpu:
        peak = gpu_memory.peak(run, plan)
        return Parts(baseline=run.calibration.rest_bytes, optimizer=run.moment_bytes, copies=0, **peak._asdict())
    if run.native:
        weights, (activations, workspace) = _native_weights(run), _native_passes(run, plan)
        if begun and run.item == 2 and not run.head_only:
            workspace += _late_kernels(run, plan)
    else:
        pieces = 0 if not begun or not run.settings.lora else _LORA_PIECES if run.item == 2 else _LORA_PIECES_FP32
        weights, (activations, workspace) = _autograd_weights(run), _autograd_passes(run, plan, pieces)
    passes = activations + workspace
    if begun:
        workspace += run.calibration.kernel_bytes * run.shapes(plan)
    return Parts(
        baseline=run.rest_bytes + (_reading(run) if begun and not run.on_gpu else 0),
        weights=weights,
        gradients=run.learned_bytes,
        optimizer=run.moment_bytes,
        activations=activations,
        workspace=workspace + round(run.rows * _ROW_BYTES),
        copies=_copies(run, passes) if begun and not run.on_gpu else 0,
    )


def limits_that_fit(run: Run, room: int) -> MicroBatchLimits:
    """Return the requested limits, halved until the run takes at most `room` bytes or they cannot be smaller."""
    limits = run.requested
    while parts(run, limits).total > room and (smaller := limits.halved()) is not None:
        limits = smaller
    return limits


def largest_micro_batch(run: Run, room: int) -> int:
    """Return how many of the longest reviews fit in a micro-batch, given `room` bytes."""
    low, high = 0, len(run.longest_batch)
    while low < high:
        middle = (low + high + 1) // 2
        if parts(run, MicroBatchLimits(tokens=UNLIMITED, reviews=middle)).total <= room:
            low = middle
        else:
            high = middle - 1
    return low


def _reading(run: Run) -> int:
    return _READING if run.head_only else _READING_REUSED


def _late_kernels(run: Run, plan: MicroBatchLimits) -> int:
    """Return the bytes of the kernels of bf16 products for shapes that first occur later in the run."""
    counts = [count for _, count in run.table]
    unlike = 1 - max(counts, default=0) / max(sum(counts), 1)  # share of reviews without the most common length
    large = min(sum(run.passes(plan)[0][1]) / _LARGE_TOKENS, 1.0)
    same, different, larger = _LATE_KERNELS
    return round(same + (different + larger * large) * unlike)


def _copies(run: Run, passes: int) -> int:
    """Return the bytes that copies add to the peak: of the best weights, and of the model saved at the end.

    Args:
        passes: Bytes that micro-batches need; they are free again when the model is saved.
    """
    best, saved, shape = run.best_bytes, 0, run.shape
    if run.settings.lora:  # matrices are merged into a copy
        saved = best + 4 * shape.weights - passes
    elif run.native:  # gradients and moments are freed, and the word table is the module's own again
        saved = best - run.moment_bytes - passes
        saved += 4 * shape.words if run.num_frozen < 0 and run.facts.mapped else 0
        # files store the feed-forward's second weight in its original layout
        saved += 4 * (shape.layers - max(run.num_frozen, 0)) * shape.hidden_size * shape.intermediate_size
    return max(best, saved)


def _native_weights(run: Run) -> int:
    """Return the bytes of master weights, their copies in the products' format, and rearranged frozen weights.

    Other weights that do not learn stay in the model's file if it can be mapped, and are not counted.
    """
    shape, item = run.shape, run.item
    frozen = max(run.num_frozen, 0)
    size = run.learned_bytes
    if not run.facts.mapped:
        size += 4 * (shape.words if run.num_frozen < 0 else shape.weights - shape.learning(run.settings))
    if item == 2:
        size += 2 * ((shape.layers - frozen) * shape.layer + shape.head)
    fixed = shape.hidden_size * shape.intermediate_size * 4  # the feed-forward's second weight, transposed
    fixed += shape.layer_products * 2 if item == 2 else 3 * shape.hidden_size**2 * 4
    return size + frozen * fixed


def _native_passes(run: Run, plan: MicroBatchLimits) -> tuple[int, int]:
    """Return the bytes that a backward pass needs, and those of all other buffers."""
    shape, item = run.shape, run.item
    pool = (HEAD_POOL_ELEMENTS if run.head_only else POOL_ELEMENTS) * item * _dropouts(run)
    train, evaluation = run.passes(plan)
    passes = [footprint.classifying(shape, evaluation, item, run.num_frozen, given=run.num_frozen > 0)]
    if run.num_frozen > 0 and not run.reuses:
        passes += [footprint.classifying(shape, lengths, item) for lengths in run.frozen_parts()]
    if run.head_only:
        kernels = _FROZEN_KERNELS * shape.hidden_size if item == 4 and not run.reuses else 0
        return 0, footprint.total(passes[1:]) + pool + kernels
    recompute = run.settings.gradient_checkpointing
    for lengths in train:
        passes.append(
            footprint.learning(shape, lengths, item, run.num_frozen, recompute=recompute, given=run.num_frozen > 0)
        )
    largest = footprint.largest(passes)
    kept = sum(size for (name, _), size in largest.items() if name[0].isdigit())
    return kept, sum(largest.values()) - kept + pool


def _dropouts(run: Run) -> int:
    """Return the number of pools of dropout masks: one per probability."""
    own = run.settings.dropout
    return run.shape.dropouts if own is None else int(own > 0)


def _autograd_weights(run: Run) -> int:
    """Return the bytes of weights in memory. On a CPU those that do not learn stay in the file if it can be mapped."""
    shape, settings = run.shape, run.settings
    size = run.learned_bytes
    if not run.facts.mapped or run.on_gpu:
        size += 4 * shape.weights if settings.lora else 4 * shape.weights - run.learned_bytes
    if settings.lora:
        size += 4 * shape.head  # a copy of the original head
    if run.item == 2:  # autocast's copies last until the end of a pass, those of recomputed frozen layers for one layer
        one_layer = settings.lora and settings.gradient_checkpointing
        size += 2 * (1 if one_layer else run.learned_layers) * shape.layer_products
    return size


def _autograd_passes(run: Run, plan: MicroBatchLimits, pieces: int) -> tuple[int, int]:
    """Return the bytes that autograd keeps for the most expensive micro-batch, and the temporary bytes beside them.

    The latter are those of a single layer, or of an evaluation.

    Args:
        pieces: Bytes that the allocator retains from earlier passes.
    """
    shape = run.shape
    train, evaluation = run.passes(plan)
    kept = passing = 0
    for lengths in train:
        size = autograd.kept(shape, lengths, run.item, run.lora)
        if run.settings.gradient_checkpointing and run.learned_layers:
            size += run.learned_layers * autograd.stream(shape, lengths)
        else:
            size *= run.learned_layers
        if run.lora is None and run.num_frozen < 0:
            size += autograd.embedding(shape, lengths)
        kept, passing = max(kept, size), max(passing, autograd.passing(shape, lengths))
    factor = run.calibration.factor
    kept, passing = round(kept * factor), round(passing * factor)
    return kept, max(passing + pieces, autograd.forward(shape, evaluation) - kept)
