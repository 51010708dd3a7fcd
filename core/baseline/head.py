"""How a logistic regression becomes the head of a classifier, so that the saved model computes exactly what was fitted.

The regression is fitted to what the last layer of the head reads, or to what the head makes of it:

    tanh    BERT, RoBERTa: the dense layer becomes x / 16, and the regression is fitted to tanh(x / 16), nearly x / 16
    relu    DistilBERT: the dense layer becomes the regression z and its negative; z = relu(z) − relu(−z)
    none    other architectures: the head is kept, and the regression is fitted to what its last layer reads

so a new head's random weights play no part. Where a relu head is too narrow for all classes, it is kept as well.

Shapes: n reviews, H hidden size, F features, C classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from core.models.head import Head

_SHRINK = 1 / 16
"""A power of two, so that it changes no digit; outputs of an encoder seldom exceed 10, where tanh(x / 16) is 0.55."""


def features_of(inputs: torch.Tensor, head: Head) -> np.ndarray:
    """Return the features [n, F] in fp32 that the regression is fitted to.

    Args:
        inputs: [n, H] what the first known layer of the head reads.
    """
    if head.activation == "tanh":
        inputs = torch.tanh(inputs * _SHRINK)
    elif head.activation == "relu" and not _has_room(head):
        dense: Any = head.dense
        inputs = functional.relu(functional.linear(inputs, dense.weight, dense.bias))
    features: np.ndarray = inputs.detach().float().cpu().numpy()
    return features


def put_regression(weights: np.ndarray, bias: np.ndarray, head: Head) -> None:
    """Change the head so that it computes the logits of the regression with `weights` [C, F] and `bias` [C]."""
    output: Any = head.output
    dense: Any = head.dense
    found = torch.from_numpy(weights).float(), torch.from_numpy(bias).float()
    with torch.no_grad():
        if head.activation == "relu" and _has_room(head):
            classes = len(bias)
            dense.weight.zero_()
            dense.bias.zero_()
            for start, sign in ((0, 1), (classes, -1)):
                dense.weight[start : start + classes] = sign * found[0]
                dense.bias[start : start + classes] = sign * found[1]
            unit = torch.eye(classes)
            output.weight.zero_()
            output.weight[:, : 2 * classes] = torch.cat([unit, -unit], dim=1)
            output.bias.zero_()
            return
        if head.activation == "tanh":
            dense.weight.copy_(torch.eye(len(dense.bias)) * _SHRINK)
            dense.bias.zero_()
        output.weight.copy_(found[0])
        output.bias.copy_(found[1])


def _has_room(head: Head) -> bool:
    """Return whether the dense layer has two units for each class."""
    output: Any = head.output
    classes, width = output.weight.shape
    return bool(2 * classes <= width)
