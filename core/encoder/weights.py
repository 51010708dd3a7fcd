"""The weights of a classifier in flat buffers, and the views of them that the network reads.

    master     fp32, all trainable weights; updated by the optimizer
    compute    the same in the format of the products (bf16), refreshed after each optimizer step; `master` in fp32
    grad       fp32, laid out like master

so that gradient clipping, the optimizer, the cast and zeroing are one call each. Query, key and value of a layer are
adjacent and form one weight [3H, H]. The second feed-forward weight is stored transposed, [I, H], because its gradient
is computed faster that way. The parameters of the Hugging Face module become views of `master`, so saving the module
saves the trained weights under its own names and shapes, bit for bit.

Only the word embeddings of words that occur in the data are trained and take part in a step. They are at the end of the
buffers, and their number R grows as new words occur. This is exact: a word that has not occurred has a gradient of
zero, so all that an optimizer does to its embedding is to scale it, by weight decay. That factor is in `unseen`; it is
applied when the word occurs for the first time, or when the whole table is written back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from core.encoder.architecture import NAMES, Architecture
from core.encoder.parameters import (
    EmbeddingTensors,
    HeadTensors,
    LayerTensors,
    Parameter,
    embedding_parameters,
    head_parameters,
    layer_parameters,
    parameters_of,
)

_ALIGNMENT = 64
_PRODUCTS = frozenset({"qkv", "qkv_bias", "out", "out_bias", "up", "up_bias", "down", "down_bias"})
"""Fields of a layer that are used in the format of the products."""


@dataclass(frozen=True)
class Group:
    """A range of the flat buffers with the same hyperparameters."""

    start: int
    stop: int
    scale: float
    """Factor of the learning rate."""
    decay: float
    """Weight decay."""


class Weights:
    """The weights of one classifier."""

    def __init__(
        self,
        model: nn.Module,
        architecture: Architecture,
        dtype: torch.dtype,
        groups: Callable[[str, nn.Parameter], tuple[float, float]] | None = None,
        limit_rows: bool = True,
    ) -> None:
        """Take over the weights of a Hugging Face classifier; its parameters become views of `master`.

        Args:
            dtype: Format of the products, bf16 or fp32.
            groups: Returns the learning rate factor and weight decay of a parameter, given its name. None if nothing is
                trained: `requires_grad` is then ignored, and the module keeps its parameters.
            limit_rows: False trains all word embeddings from the start; for tests.
        """
        self.architecture, self.dtype = architecture, dtype
        parameters = dict(model.named_parameters())
        names = NAMES[architecture.family]
        self.word_name = f"{names.embeddings}.word_embeddings.weight"
        self.table: torch.Tensor = parameters[self.word_name].data
        """[V, H] all word embeddings; `master` has newer values of the rows in use."""
        self.words_learn = groups is not None and parameters[self.word_name].requires_grad
        self._row_of = torch.full((architecture.vocabulary,), -1, dtype=torch.int64)
        self.used: list[np.ndarray] = []
        """Token ids in use, in the order of their rows."""
        self.rows = 0
        self.unseen = torch.ones(1, dtype=torch.float64)
        """[1] What the optimizer has made of an embedding of 1 whose word has never occurred."""
        self._places: dict[str, tuple[int, torch.Size, bool]] = {}
        """For each trainable parameter: where it starts, its shape there, and whether that is transposed."""
        self.groups: list[Group] = []
        size = self._lay_out(parameters, groups) if groups is not None else 0
        self._words_start = size
        self.reached = size
        """Elements of the flat buffers that have ever been in use; all elements beyond them are still 0."""
        hidden_size = architecture.hidden_size
        capacity = size + (architecture.vocabulary * hidden_size if self.words_learn else 0)
        self.master = lazy_zeros(capacity)
        self.grad = lazy_zeros(capacity) if groups is not None else self.master[:0]
        self._word_group = groups(self.word_name, parameters[self.word_name]) if groups and self.words_learn else None
        for name, (start, shape, transposed) in self._places.items():
            view = self.master[start : start + shape.numel()].view(shape)
            parameter = parameters[name]
            view.copy_(parameter.data.t() if transposed else parameter.data)
            parameter.data = view.t() if transposed else view
        self.compute = self.master if dtype == torch.float32 else torch.empty(self._words_start, dtype=dtype)
        self._frozen: dict[str, torch.Tensor] = {}
        for one in parameters_of(architecture):
            if one.name not in self._places:
                value = parameters[one.name].data
                self._frozen[one.name] = value.t().contiguous() if one.transposed else value
        self.layers = [self._layer(number, grad=False) for number in range(architecture.layers)]
        self.embeddings = self._embeddings(grad=False)
        self.head = self._head(grad=False)
        self.layer_grads = [self._layer(number, grad=True) for number in range(architecture.layers)]
        self.embedding_grads = self._embeddings(grad=True)
        self.head_grads = self._head(grad=True)
        if self.words_learn and not limit_rows:
            self.rows_of(np.arange(architecture.vocabulary))
        self.refresh()

    def _lay_out(
        self, parameters: dict[str, nn.Parameter], groups: Callable[[str, nn.Parameter], tuple[float, float]]
    ) -> int:
        """Give every trainable parameter but the word embeddings its place; return their number of elements."""
        trainable: dict[tuple[float, float], list[Parameter]] = {}
        for parameter in parameters_of(self.architecture):
            if parameters[parameter.name].requires_grad:
                trainable.setdefault(groups(parameter.name, parameters[parameter.name]), []).append(parameter)
        size = 0
        for (scale, decay), members in trainable.items():
            start = size
            for parameter in members:
                shape = parameters[parameter.name].shape
                stored = shape[::-1] if parameter.transposed else shape
                self._places[parameter.name] = size, stored, parameter.transposed
                size += shape.numel()
            self.groups.append(Group(start, size, scale, decay))
        return size

    @property
    def size(self) -> int:
        """Elements of the flat buffers that are in use."""
        return self._words_start + self.rows * self.architecture.hidden_size

    def all_groups(self) -> Iterator[Group]:
        """Yield the parameter groups of the optimizer; the word embeddings in use come last."""
        yield from self.groups
        if (words := self.word_group()) is not None:
            yield words

    def word_group(self) -> Group | None:
        """Return the group of the word embeddings in use; None if they are not trained."""
        return None if self._word_group is None else Group(self._words_start, self.size, *self._word_group)

    def ranges(self) -> dict[str, slice]:
        """Return where each trainable parameter is in the flat buffers, by name. The words in use come last."""
        found = {name: slice(start, start + shape.numel()) for name, (start, shape, _) in self._places.items()}
        if self.words_learn:
            found[self.word_name] = slice(self._words_start, self.size)
        return found

    def words(self) -> torch.Tensor:
        """Return the word embeddings in use [R, H] in fp32; the whole table if they are not trained."""
        return self.word_rows(self.master) if self.words_learn else self.table

    def word_rows(self, flat: torch.Tensor) -> torch.Tensor:
        """Return the rows [R, H] of the word embeddings in use, in a buffer that is laid out like `master`."""
        return flat[self._words_start : self.size].view(self.rows, self.architecture.hidden_size)

    def rows_of(self, ids: np.ndarray) -> torch.Tensor:
        """Return the rows [T] of `words()` for token ids [T]; a word that occurs for the first time gets a row."""
        wanted = torch.from_numpy(ids)
        if not self.words_learn:
            return wanted
        rows = self._row_of[wanted]
        if bool((rows < 0).any()):
            new = np.unique(ids[(rows < 0).numpy()])
            values = self.table[torch.from_numpy(new)]  # everything that needs memory comes before anything changes
            start = self.rows
            self.rows += len(new)
            self.used.append(new)
            self.reached = max(self.reached, self.size)
            self._row_of[torch.from_numpy(new)] = torch.arange(start, self.rows)
            self.words()[start:].copy_(values).mul_(float(self.unseen))
            rows = self._row_of[wanted]
        return rows

    def forget_words(self, count: int) -> None:
        """Take their rows from all words but the first `count`: what comes next is as if they had not occurred."""
        if not self.words_learn or self.rows <= count:
            return
        words = self.words_in_use()
        self.word_rows(self.grad)[count:].zero_()
        self._row_of[words[count:]] = -1
        self.used, self.rows = [words[:count].numpy()] if count else [], count

    def refresh(self) -> None:
        """Copy the master weights to `compute`."""
        if self.compute is not self.master:
            self.compute.copy_(self.master[: self._words_start])

    def snapshot(self, *, copies: bool = True) -> dict[str, torch.Tensor]:
        """Return all trainable weights under their Hugging Face names and in their shapes.

        Of the word embeddings it holds only the rows in use: `<name>` [R, H], `<name>/words` [R] token ids, and
        `<name>/unseen`, see `unseen`.

        Args:
            copies: False returns views of the weights that are being trained.
        """
        found = self.named(self.master, copies=copies)
        if self.words_learn:
            found[f"{self.word_name}/words"] = self.words_in_use()
            found[f"{self.word_name}/unseen"] = self.unseen.clone()
        return found

    def named(self, flat: torch.Tensor, *, copies: bool = True) -> dict[str, torch.Tensor]:
        """Return the parts of a buffer that is laid out like `master`, by Hugging Face name.

        Args:
            copies: False returns views.
        """
        found = {}
        for name, (start, shape, transposed) in self._places.items():
            view = flat[start : start + shape.numel()].view(shape)
            found[name] = view.t() if transposed else view
        if self.words_learn:
            found[self.word_name] = self.word_rows(flat)
        if not copies:
            return found
        return {name: part.clone(memory_format=torch.contiguous_format) for name, part in found.items()}

    def fits(self, saved: dict[str, torch.Tensor]) -> bool:
        """Return whether `saved` is a `snapshot` of this model; names that begin with a slash are ignored."""
        shapes = {name: shape[::-1] if transposed else shape for name, (_, shape, transposed) in self._places.items()}
        extra = set()
        if self.words_learn:
            extra = {self.word_name, f"{self.word_name}/words", f"{self.word_name}/unseen"}
            if not extra <= saved.keys() or saved[self.word_name].shape[1:] != self.table.shape[1:]:
                return False
        rest = {name: value.shape for name, value in saved.items() if name[0] != "/" and name not in extra}
        return rest == shapes

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Restore a `snapshot`, and set the gradients to zero."""
        self.grad[: self.reached].zero_()
        if self.words_learn:
            words = saved[f"{self.word_name}/words"]
            self._row_of.fill_(-1)
            self._row_of[words] = torch.arange(len(words))
            self.used, self.rows = [words.numpy()], len(words)
            self.unseen.copy_(saved[f"{self.word_name}/unseen"])
        self.fill(self.master, saved)
        self.refresh()

    def fill(self, flat: torch.Tensor, saved: dict[str, torch.Tensor]) -> None:
        """Copy what `named` returned back into a buffer."""
        for name, (start, shape, transposed) in self._places.items():
            view = flat[start : start + shape.numel()].view(shape)
            view.copy_(saved[name].t() if transposed else saved[name])
        if self.words_learn:
            self.word_rows(flat).copy_(saved[self.word_name])

    def release(self, model: nn.Module) -> None:
        """Give the module its own weights again, with all word embeddings up to date. Training ends here.

        If it runs out of memory, it can be called again.
        """
        self.grad = self.master[:0]
        for name in ("layer_grads", "embedding_grads", "head_grads"):
            self.__dict__.pop(name, None)
        parameters = dict(model.named_parameters())
        for name in self._places:
            parameters[name].data = parameters[name].data.clone(memory_format=torch.contiguous_format)
        if self.words_learn:
            if float(self.unseen) != 1.0:
                self.table[self._row_of < 0] *= float(self.unseen)
                self.unseen.fill_(1)
            self.table[self.words_in_use()] = self.words()

    def words_in_use(self) -> torch.Tensor:
        """Return the token ids [R] of the word embeddings in use, in the order of their rows."""
        return torch.from_numpy(np.concatenate(self.used)) if self.used else torch.zeros(0, dtype=torch.int64)

    # Views for the network

    def _view(self, members: list[Parameter], flat: torch.Tensor) -> torch.Tensor | None:
        """Return one tensor over parameters that are adjacent in `flat`; None if they are frozen."""
        if members[0].name not in self._places:
            return None
        start, shape, _ = self._places[members[0].name]
        size = sum(self._places[parameter.name][1].numel() for parameter in members)
        view = flat[start : start + size]
        return view.view(-1, shape[1]) if len(shape) > 1 else view

    def _tensors(self, parameters: Iterator[Parameter], grad: bool, compute: frozenset[str]) -> dict[str, Any]:
        """Return by field the gradient, or the weight: in the products' format if `compute` names it, else in fp32."""
        fields: dict[str, list[Parameter]] = {}
        for parameter in parameters:
            fields.setdefault(parameter.field, []).append(parameter)
        found: dict[str, Any] = {}
        for field, members in fields.items():
            if grad:
                found[field] = self._view(members, self.grad)
                continue
            view = self._view(members, self.compute if field in compute else self.master)
            if view is None:
                frozen = [self._frozen[parameter.name] for parameter in members]
                view = torch.cat(frozen) if len(frozen) > 1 else frozen[0]
                view = view.to(self.dtype) if field in compute else view
            found[field] = view
        return found

    def _layer(self, number: int, *, grad: bool) -> LayerTensors:
        return LayerTensors(**self._tensors(layer_parameters(self.architecture, number), grad, _PRODUCTS))

    def _embeddings(self, *, grad: bool) -> EmbeddingTensors:
        found = self._tensors(embedding_parameters(self.architecture), grad, frozenset())
        return EmbeddingTensors(found["position"], found.get("token_type"), found["scale"], found["shift"])

    def _head(self, *, grad: bool) -> HeadTensors:
        return HeadTensors(**self._tensors(head_parameters(self.architecture), grad, frozenset()))


def lazy_zeros(elements: int) -> torch.Tensor:
    """Return [elements] fp32 zeros, aligned for the kernels, whose pages cost no memory until they are written."""
    raw = np.zeros(elements + _ALIGNMENT, dtype=np.float32)
    skip = (-raw.ctypes.data // 4) % (_ALIGNMENT // 4)
    return torch.from_numpy(raw[skip : skip + elements])
