"""What one run needs of memory, counted: bytes by what they are for.

They are anonymous memory of the worker on a CPU, and what torch's allocator gives out on a GPU: what a run's journal
calls `process_peak` and `device_peak`.

    baseline     libraries, allocator and kernels: measured (calibration.py)
    weights      fp32, all of them; a copy in the products' format
    gradients    fp32, of the weights that learn; on the native path only the words that occur
    optimizer    two moments of them (AdamW), none (SGD)
    activations  what the backward pass needs of the most expensive micro-batch
    workspace    what passes need besides; kernels; dropout masks; tables of the reviews
    copies       the best weights so far; what saving the model at the end needs beyond all of that

`gpu_memory.py` counts what runs on GPUs need.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.encoder import footprint
from core.forecast import autograd, gpu_memory
from core.forecast.run import Run
from core.planning.run_plan import UNLIMITED, MicroBatchLimits
from core.planning.sizes import HEAD_POOL_ELEMENTS, POOL_ELEMENTS

_ROW_BYTES = 64
"""Of each review in the tables of a run."""
_READING, _READING_REUSED = 40 << 20, 24 << 20
"""What reading and tokenizing reviews adds to a worker; where more than a head is trained, some of it is used again
(measured)."""
_LORA_PIECES, _LORA_PIECES_FP32 = 24 << 20, 70 << 20
"""What the allocator keeps of LoRA's many small tensors beyond what a calibration's few steps show, in fp32 with
kernels, which those do not show either (measured). An evaluation finds its room among them."""
_LATE_KERNELS = 20 << 20, 25 << 20, 35 << 20
"""Kernels of bf16 products for shapes that the steps of a calibration have not met, where all reviews are of the same
length; what they take besides where all are of different ones; and where micro-batches are large, too (measured)."""
_LARGE_TOKENS = 1024
_FROZEN_KERNELS = 40 << 10
"""The same of fp32 where frozen layers are computed once, for each element of the width (measured)."""


class Parts(BaseModel):
    """Bytes of the moment that needs most, by what they are for."""

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
    """Bytes of the peak, by what they are for.

    Args:
        begun: the run is well under way; after its first steps alone there are no copies and fewer kernels.
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
        baseline=run.calibration.rest_bytes + (_reading(run) if begun and not run.on_gpu else 0),
        weights=weights,
        gradients=run.learned_bytes,
        optimizer=run.moment_bytes,
        activations=activations,
        workspace=workspace + round(run.rows * _ROW_BYTES),
        copies=_copies(run, passes) if begun and not run.on_gpu else 0,
    )


def limits_that_fit(run: Run, room: int) -> MicroBatchLimits:
    """Return the requested limits, halved until the run takes no more than `room` bytes or they cannot be smaller."""
    limits = run.asked
    while parts(run, limits).total > room and (smaller := limits.halved()) is not None:
        limits = smaller
    return limits


def largest_micro_batch(run: Run, room: int) -> int:
    """Reviews of the longest kind that fit into a micro-batch, where there are `room` bytes."""
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
    """Of bf16 products, for shapes that come later."""
    counts = [count for _, count in run.table]
    unlike = 1 - max(counts, default=0) / max(sum(counts), 1)  # the share that is not of the most common length
    large = min(sum(run.passes(plan)[0][1]) / _LARGE_TOKENS, 1.0)
    same, different, larger = _LATE_KERNELS
    return round(same + (different + larger * large) * unlike)


def _copies(run: Run, passes: int) -> int:
    """What copies add to the peak: of the best weights, and of the model that is saved at the end.

    Args:
        passes: bytes of what micro-batches need.
    """
    best, saved, shape = run.best_bytes, 0, run.shape
    if run.settings.lora:  # matrices are merged into a copy
        saved = best + 4 * shape.weights - passes
    elif run.native:  # gradients and moments are gone, the word table is the module's again
        saved = best - run.moment_bytes - passes
        saved += 4 * shape.words if run.num_frozen < 0 and run.facts.mapped else 0
        saved += (
            4 * (shape.layers - max(run.num_frozen, 0)) * shape.hidden_size * shape.intermediate_size
        )  # as files do
    return max(best, saved)


def _native_weights(run: Run) -> int:
    """Master weights, their copies in the products' format, and what of frozen layers is laid out anew.

    What does not learn otherwise stays in the model's file, which is mapped and not counted, if it can be.
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
    """What a backward pass needs, and all other buffers."""
    shape, item = run.shape, run.item
    pool = (HEAD_POOL_ELEMENTS if run.head_only else POOL_ELEMENTS) * item * _dropouts(run)
    train, evaluation = run.passes(plan)
    passes = [footprint.classifying(shape, evaluation, item, run.num_frozen, given=run.num_frozen > 0)]
    if run.num_frozen > 0:
        passes += [footprint.classifying(shape, lengths, item) for lengths in run.frozen_parts()]
    if run.head_only:
        kernels = _FROZEN_KERNELS * shape.hidden_size if item == 4 else 0
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
    """Pools of masks: one for each probability."""
    own = run.settings.dropout
    return run.shape.dropouts if own is None else int(own > 0)


def _autograd_weights(run: Run) -> int:
    """Weights in memory: on a CPU those that learn, where the others stay in the model's mapped file."""
    shape, settings = run.shape, run.settings
    size = run.learned_bytes
    if not run.facts.mapped or run.on_gpu:
        size += 4 * shape.weights if settings.lora else 4 * shape.weights - run.learned_bytes
    if settings.lora:
        size += 4 * shape.head  # it is kept as it was, too
    if run.item == 2:  # autocast's copies: until the end of a pass, or of LoRA's frozen weights of the way back
        once = settings.lora and settings.gradient_checkpointing
        size += 2 * (1 if once else run.learned_layers) * shape.layer_products
    return size


def _autograd_passes(run: Run, plan: MicroBatchLimits, pieces: int) -> tuple[int, int]:
    """What autograd keeps of the most expensive micro-batch, and what a single layer, or an evaluation, needs besides.

    Args:
        pieces: bytes that passes have left.
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
