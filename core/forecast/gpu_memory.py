"""The memory formula for GPUs: what torch's allocator has handed out at the peak of a step.

On a GPU a tensor is freed as soon as nothing needs it, so any of these moments can be the peak:

    start of backward   all activations, and gradients of earlier micro-batches only
    end of backward     the activations of the lowest layer, and all gradients
    evaluation          a forward pass beside all gradients

The best weights and checkpoints are copied to the CPU's memory, and do not count.
"""

from __future__ import annotations

from typing import NamedTuple

from core.forecast import autograd
from core.forecast.run import Run
from core.planning.run_plan import MicroBatchLimits


class Moment(NamedTuple):
    """Bytes in use at one point of a step, without the optimizer's state and the baseline."""

    weights: int
    gradients: int
    activations: int
    workspace: int


def peak(run: Run, plan: MicroBatchLimits) -> Moment:
    """Return the point of a step that needs the most memory."""
    shape, item = run.shape, run.item
    learned = run.learned_layers
    train, evaluation = run.passes(plan)
    batch = len(run.longest_batch)
    weights, gradients = _weights(run), run.learned_bytes
    largest_gradient = min(4 * _largest(run), gradients)
    copies = 2 * shape.layer_products if item == 2 else 0  # autocast's copies of one layer
    found = [Moment(weights, gradients, 0, autograd.fused_forward(shape, evaluation, item))]
    for lengths in train:
        several = len(lengths) < batch
        layer = autograd.kept(shape, lengths, item, run.lora, fused=True)
        kept, passing = layer * learned, autograd.fused_passing(shape, lengths)
        below = autograd.fused_embedding(shape, lengths) if run.num_frozen < 0 and run.lora is None else 0
        copied = copies * learned
        if run.settings.gradient_checkpointing and learned:
            kept = autograd.stream(shape, lengths) * (learned + 1)
            copied = copies if run.lora else copied
        earlier = gradients if several else 0
        found.append(Moment(weights + copied, earlier, kept + below, passing))
        there = gradients + largest_gradient if several else max(gradients - largest_gradient, 0)
        found.append(Moment(weights + copies, there, layer * min(learned, 1) + below, passing))
        if learned < shape.layers:
            found.append(Moment(weights, earlier, 0, autograd.fused_forward(shape, lengths, item)))
    return max(found, key=sum)


def _largest(run: Run) -> int:
    """Return the number of weights in the largest trainable matrix."""
    shape = run.shape
    if run.lora is not None or run.head_only:
        return shape.hidden_size**2
    return shape.words if run.num_frozen < 0 else shape.hidden_size * shape.intermediate_size


def _weights(run: Run) -> int:
    """Return the bytes of all weights in fp32; with LoRA also its matrices, and a copy of the original head."""
    size = 4 * run.shape.weights
    return size + run.learned_bytes + 4 * run.shape.head if run.lora else size
