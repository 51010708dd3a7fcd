"""AdamW and SGD on the flat buffers of `Weights`, with one call per parameter group.

The update rules are the functions of `torch.optim` itself, so each step equals that of torch's optimizers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from core.encoder.update_norms import Piece, part_norms, update_ratios
from core.encoder.weights import Weights, lazy_zeros
from core.settings.optimizers import OptimizerSpec

STEP, UNSEEN = "/step", "/unseen"
"""Names of the step count and of the state of unseen words among the optimizer's tensors. Names of weights never begin
with a slash."""


class FlatOptimizer:
    """An optimizer over all trainable weights of the native encoder."""

    def __init__(self, weights: Weights, spec: OptimizerSpec) -> None:
        self._weights, self._spec = weights, spec
        self._state = {name: lazy_zeros(len(weights.master)) for name in spec.state}
        self._unseen = {name: torch.zeros(1, dtype=torch.float64) for name in spec.state}
        """The optimizer state of `Weights.unseen`."""
        self._rows = weights.rows
        """Number of word embeddings whose state is in the buffers."""
        self._step = torch.zeros(())

    @torch.no_grad()
    def update(self, rate: float, max_norm: float | None) -> float:
        """Make one step, and return the norm of the gradients before clipping.

        Args:
            rate: The learning rate.
            max_norm: The norm to which gradients are clipped; None or 0 does not clip them.
        """
        weights = self._weights
        self._add_rows()
        grad = weights.grad[: weights.size]
        norm = math.sqrt(float(torch.dot(grad, grad)))
        # Divides the gradients, as torch's clip_grad_norm_ does.
        divisor = max(1.0, (norm + 1e-6) / max_norm) if max_norm else 1.0
        grad_scale = None
        if self._spec.kind == "adamw":  # its kernel divides while it reads
            grad_scale = torch.tensor(divisor) if divisor != 1 else None
        else:
            grad.div_(divisor)
        for group in weights.all_groups():
            if group.stop > group.start:
                part = slice(group.start, group.stop)
                state = [values[part] for values in self._state.values()]
                self._update(
                    weights.master[part], weights.grad[part], state, rate * group.scale, group.decay, grad_scale
                )
        if (words := weights.word_group()) is not None:
            state = list(self._unseen.values())
            self._update(weights.unseen, torch.zeros_like(weights.unseen), state, rate * words.scale, words.decay, None)
        self._step += 1
        weights.refresh()
        return norm

    @torch.no_grad()
    def gradient_norms(self, parts: Mapping[str, int]) -> torch.Tensor:
        """Return the norm of the gradients of each part of the model before an update, [P].

        Args:
            parts: The name of each trainable parameter → the number of its part, below P.
        """
        grad = self._weights.grad
        return part_norms(_count(parts), ((part, grad[place]) for part, place in self._sections(parts)))

    @torch.no_grad()
    def update_ratios(self, rate: float, parts: Mapping[str, int]) -> torch.Tensor:
        """Return the norm of the last update, divided by that of the weights, of each part of the model: [P].

        Args:
            rate: The learning rate of that update.
            parts: See `gradient_norms`.
        """
        return update_ratios(_count(parts), self._pieces(rate, parts), self._spec, self._step)

    def _pieces(self, rate: float, parts: Mapping[str, int]) -> Iterator[Piece]:
        weights, kept = self._weights, tuple(self._state.values()) or (self._weights.grad,)
        groups = list(weights.all_groups())
        for part, place in self._sections(parts):
            group = next(one for one in groups if one.start <= place.start < one.stop)
            decay = group.decay if self._spec.kind == "adamw" else 0.0  # SGD has added it to the gradients
            state = tuple(values[place] for values in kept)
            yield Piece(part, weights.master[place], state, rate * group.scale, decay)

    def _sections(self, parts: Mapping[str, int]) -> Iterator[tuple[int, slice]]:
        """Yield the ranges of the flat buffers by part; neighbours of the same part and group are one range."""
        edges = {group.start for group in self._weights.all_groups()}
        part, place = -1, slice(0, 0)
        for name, found in self._weights.ranges().items():
            if part == parts[name] and place.stop == found.start and found.start not in edges:
                place = slice(place.start, found.stop)
                continue
            if place.stop > place.start:
                yield part, place
            part, place = parts[name], found
        if place.stop > place.start:
            yield part, place

    def _update(
        self,
        weight: torch.Tensor,
        grad: torch.Tensor,
        state: list[torch.Tensor],
        rate: float,
        decay: float,
        grad_scale: torch.Tensor | None,
    ) -> None:
        """Update a part of the weights [n] in place, given its gradient and state [n]."""
        options = self._spec.options
        if self._spec.kind == "adamw":
            beta1, beta2 = options["betas"]
            adamw(
                [weight], [grad], [state[0]], [state[1]], [], [self._step.clone()],
                fused=True, grad_scale=grad_scale, amsgrad=False, beta1=beta1, beta2=beta2, lr=rate,
                weight_decay=decay, eps=options["eps"], maximize=False,
            )  # fmt: skip
            return
        if decay:  # in place: torch's own way copies all gradients
            grad.add_(weight, alpha=decay)
        momentum_buffers: list[torch.Tensor | None] = [state[0] if state else None]
        sgd([weight], [grad], momentum_buffers, weight_decay=0.0, lr=rate, maximize=False, **options)

    def _add_rows(self) -> None:
        """Give the word embeddings added since the last step the state of unseen words."""
        new = slice(self._rows, self._weights.rows)
        self._rows = self._weights.rows
        for name, unseen in self._unseen.items():
            if new.start < new.stop and float(unseen):
                values = self._weights.table[self._weights.words_in_use()[new]]
                self._weights.word_rows(self._state[name])[new] = values * float(unseen)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the tensors of a checkpoint: views of the state as `<weight>/<name>`, the step count, and `UNSEEN`."""
        self._add_rows()
        found = {STEP: self._step.clone()}
        if self._unseen:
            found[UNSEEN] = torch.cat(list(self._unseen.values()))
        for kind, values in self._state.items():
            named = self._weights.named(values, copies=False)
            found.update({f"{name}/{kind}": value for name, value in named.items()})
        return found

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Restore the state that `tensors` returned. `Weights.restore` must be called first."""
        self._step.copy_(saved[STEP])
        self._rows = self._weights.rows
        for (kind, values), unseen in zip(self._state.items(), saved[UNSEEN] if self._state else (), strict=True):
            ending = f"/{kind}"
            values[: self._weights.reached].zero_()
            self._unseen[kind].fill_(float(unseen))
            of_kind = {key.removesuffix(ending): value for key, value in saved.items() if key.endswith(ending)}
            self._weights.fill(values, of_kind)


def _count(parts: Mapping[str, int]) -> int:
    return max(parts.values(), default=-1) + 1
