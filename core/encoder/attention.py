"""Softmax attention inside one block of reviews, forward and backward.

Shapes: G = reviews · A batched products; keys and values [G, L, D]; queries [G, Q, D], with Q = L per review, or 1 in
the last layer of a classifier. Scores are in the format of the products; the softmax is computed in fp32.
"""

from __future__ import annotations

import torch

from core.encoder.workspace import Workspace


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout_mask: torch.Tensor | None,
    probabilities: torch.Tensor,
    context: torch.Tensor,
    workspace: Workspace,
) -> None:
    """Compute softmax(Q Kᵀ / √D + attention_mask) ∘ dropout_mask · V.

    Args:
        attention_mask: [G, 1, L] added to the scores, or None.
        dropout_mask: [G, Q, L], or None.
        probabilities: [G, Q, L] out: the softmax before dropout; needed for the backward pass.
        context: [G, Q, D] out.
    """
    groups, queries, head_size = query.shape
    length = key.shape[1]
    dtype = query.dtype
    scores = workspace("scores", groups, queries, length, dtype=dtype)
    if attention_mask is None:
        torch.baddbmm(scores, query, key.transpose(1, 2), beta=0, alpha=head_size**-0.5, out=scores)
    else:
        added = attention_mask.expand(groups, queries, length)
        torch.baddbmm(added, query, key.transpose(1, 2), alpha=head_size**-0.5, out=scores)
    if dtype == torch.float32:
        torch.softmax(scores, -1, out=probabilities)
    else:
        fp32_scores = workspace("scores", groups, queries, length, dtype=torch.float32)
        softmax = workspace("softmax", groups, queries, length, dtype=torch.float32)
        torch.softmax(fp32_scores.copy_(scores), -1, out=softmax)
        probabilities.copy_(softmax)
    if dropout_mask is not None:
        probabilities = torch.mul(probabilities, dropout_mask, out=scores)
    torch.bmm(probabilities, value, out=context)


def attend_backward(
    grad_context: torch.Tensor,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    dropout_mask: torch.Tensor | None,
    probabilities: torch.Tensor,
    grad_query: torch.Tensor,
    grad_key: torch.Tensor,
    grad_value: torch.Tensor,
    workspace: Workspace,
) -> None:
    """Write the gradients of queries, keys and values to `grad_query`, `grad_key` and `grad_value`.

    Args:
        grad_context: [G, Q, D].
    """
    scale = query.shape[-1] ** -0.5
    shape = probabilities.shape
    dtype = query.dtype
    scores = workspace("scores", *shape, dtype=dtype)
    dropped = probabilities if dropout_mask is None else torch.mul(probabilities, dropout_mask, out=scores)
    torch.bmm(dropped.transpose(1, 2), grad_context, out=grad_value)
    grad_scores = torch.bmm(grad_context, value.transpose(1, 2), out=scores)
    if dropout_mask is not None:
        grad_scores.mul_(dropout_mask)
    if dtype == torch.float32:
        grad_scores = torch.ops.aten._softmax_backward_data(grad_scores, probabilities, -1, torch.float32)
    else:
        fp32_grad = workspace("scores", *shape, dtype=torch.float32).copy_(grad_scores)
        softmax = workspace("softmax", *shape, dtype=torch.float32).copy_(probabilities)
        grad_scores.copy_(torch.ops.aten._softmax_backward_data(fp32_grad, softmax, -1, torch.float32))
    torch.baddbmm(grad_query, grad_scores, key, beta=0, alpha=scale, out=grad_query)
    torch.baddbmm(grad_key, grad_scores.transpose(1, 2), query, beta=0, alpha=scale, out=grad_key)
