"""Softmax attention inside one block of reviews, forward and backward.

Shapes: G = reviews · A batched products; K, V [G, L, D]; Q [G, Q, D] with Q = L queries a review, or 1 in the last
layer of a classifier. Scores are products in bf16; the softmax, its maximum and its sums are fp32.
"""

from __future__ import annotations

import torch

from core.encoder.workspace import Workspace


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    dropped: torch.Tensor | None,
    probabilities: torch.Tensor,
    context: torch.Tensor,
    work: Workspace,
) -> None:
    """softmax(Q Kᵀ / √D + mask) ∘ dropped · V.

    Args:
        mask: [G, 1, L] added to the scores, or None.
        dropped: [G, Q, L] dropout mask, or None.
        probabilities: [G, Q, L] out: the softmax, before dropout; kept for the backward pass.
        context: [G, Q, D] out.
    """
    groups, queries, width = query.shape
    length = key.shape[1]
    dtype = query.dtype
    scores = work("scores", groups, queries, length, dtype=dtype)
    if mask is None:
        torch.baddbmm(scores, query, key.transpose(1, 2), beta=0, alpha=width**-0.5, out=scores)
    else:
        added = mask.expand(groups, queries, length)
        torch.baddbmm(added, query, key.transpose(1, 2), alpha=width**-0.5, out=scores)
    if dtype == torch.float32:
        torch.softmax(scores, -1, out=probabilities)
    else:
        wide = work("scores", groups, queries, length, dtype=torch.float32)
        soft = work("softmax", groups, queries, length, dtype=torch.float32)
        torch.softmax(wide.copy_(scores), -1, out=soft)
        probabilities.copy_(soft)
    if dropped is not None:
        probabilities = torch.mul(probabilities, dropped, out=scores)
    torch.bmm(probabilities, value, out=context)


def attend_backward(
    gradient: torch.Tensor,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    dropped: torch.Tensor | None,
    probabilities: torch.Tensor,
    query_gradient: torch.Tensor,
    key_gradient: torch.Tensor,
    value_gradient: torch.Tensor,
    work: Workspace,
) -> None:
    """Gradients of `attend` with respect to Q, K and V, written into the last three tensors.

    Args:
        gradient: [G, Q, D] of the context.
    """
    scale = query.shape[-1] ** -0.5
    shape = probabilities.shape
    dtype = query.dtype
    scores = work("scores", *shape, dtype=dtype)
    kept = probabilities if dropped is None else torch.mul(probabilities, dropped, out=scores)
    torch.bmm(kept.transpose(1, 2), gradient, out=value_gradient)
    torch.bmm(gradient, value.transpose(1, 2), out=scores)
    if dropped is not None:
        scores.mul_(dropped)
    if dtype == torch.float32:
        scores = torch.ops.aten._softmax_backward_data(scores, probabilities, -1, torch.float32)
    else:
        wide = work("scores", *shape, dtype=torch.float32).copy_(scores)
        soft = work("softmax", *shape, dtype=torch.float32).copy_(probabilities)
        scores.copy_(torch.ops.aten._softmax_backward_data(wide, soft, -1, torch.float32))
    torch.baddbmm(query_gradient, scores, key, beta=0, alpha=scale, out=query_gradient)
    torch.baddbmm(key_gradient, scores.transpose(1, 2), query, beta=0, alpha=scale, out=key_gradient)
