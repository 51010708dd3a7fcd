"""The weights of a classifier in flat buffers, and the views of them that the network reads.

    master     fp32, all weights that learn; the optimizer's
    compute    the same in the format of the products (bf16), refreshed after each optimizer step; master itself in fp32
    gradient   fp32, like master

so that clipping, the optimizer, the cast and zeroing are one call each. Query, key and value of a layer lie one after
the other and are one weight [3H, H]; the feed-forward's second weight is stored transposed, [I, H], because the
products of its gradient are faster so. The Hugging Face module's parameters become views of `master`, so saving the
module saves what was trained, under its names and in its shapes, bit for bit.

Of the word embeddings only the rows of words that occur learn and take part: they are at the end of the buffers and
their number R grows as words are met. That is exact: the gradient and both moments of a word never seen are zero, so
all that an optimizer does to it is weight decay, which is caught up on when it is met or the table is written back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from core.encoder.architecture import NAMES, Architecture

_ALIGNMENT = 64


@dataclass
class LayerTensors:
    """The tensors of one layer: its weights, or their gradients."""

    qkv: torch.Tensor
    """[3H, H]"""
    qkv_bias: torch.Tensor
    out: torch.Tensor
    """[H, H]"""
    out_bias: torch.Tensor
    attention_scale: torch.Tensor
    """[H], of the normalisation after attention; fp32, as `attention_shift`."""
    attention_shift: torch.Tensor
    up: torch.Tensor
    """[I, H]"""
    up_bias: torch.Tensor
    down: torch.Tensor
    """[I, H], transposed"""
    down_bias: torch.Tensor
    output_scale: torch.Tensor
    """[H], of the normalisation after the feed-forward; fp32, as `output_shift`."""
    output_shift: torch.Tensor


@dataclass
class EmbeddingTensors:
    """The tensors of the embeddings besides the word table, all fp32."""

    position: torch.Tensor
    """[positions, H]"""
    token_type: torch.Tensor | None
    """[types, H]; every review's tokens are of type 0"""
    scale: torch.Tensor
    shift: torch.Tensor


@dataclass
class HeadTensors:
    """The tensors of the classification head, all fp32: dense [H, H] and output [C, H]."""

    dense: torch.Tensor
    dense_bias: torch.Tensor
    output: torch.Tensor
    output_bias: torch.Tensor


@dataclass(frozen=True)
class Group:
    """A stretch of the flat buffers that the optimizer treats alike."""

    start: int
    stop: int
    scale: float
    """Factor of the learning rate."""
    decay: float


@dataclass(frozen=True)
class _Part:
    """One Hugging Face parameter in a field of a layer, of the embeddings or of the head."""

    field: str
    name: str
    transposed: bool = False


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
            dtype: of the products, bf16 or fp32.
            groups: learning-rate factor and weight decay of a parameter, by name. None where nothing will learn:
                `requires_grad` is then taken as False everywhere, and the module keeps its parameters.
            limit_rows: False lets all rows of the word table take part from the start; for tests.
        """
        self.architecture, self.dtype = architecture, dtype
        parameters = dict(model.named_parameters())
        names = NAMES[architecture.family]
        self.word_name = f"{names.embeddings}.word_embeddings.weight"
        self.table: torch.Tensor = parameters[self.word_name].data
        """[V, H] the whole word table; rows in use are newer in `master`."""
        self.words_learn = groups is not None and parameters[self.word_name].requires_grad
        self._row_of = torch.full((architecture.vocabulary,), -1, dtype=torch.int64)
        self.used: list[np.ndarray] = []
        """Words in use, in the order of their rows."""
        self.rows = 0
        self._missed = 1.0
        """What weight decay has done so far to a word that was never met: its factor."""
        self._places: dict[str, tuple[int, torch.Size, bool]] = {}
        """Of each parameter that learns: where it begins, its shape there, whether that is transposed."""
        self.groups: list[Group] = []
        size = self._lay_out(parameters, groups) if groups is not None else 0
        self._words_start = size
        self.reached = size
        """Elements of the flat buffers that were ever in use; what is beyond them is still 0."""
        width = architecture.width
        capacity = size + (architecture.vocabulary * width if self.words_learn else 0)
        self.master = lazy_zeros(capacity)
        self.gradient = lazy_zeros(capacity) if groups is not None else self.master[:0]
        self._word_group = groups(self.word_name, parameters[self.word_name]) if groups and self.words_learn else None
        for name, (start, shape, transposed) in self._places.items():
            view = self.master[start : start + shape.numel()].view(shape)
            parameter = parameters[name]
            view.copy_(parameter.data.t() if transposed else parameter.data)
            parameter.data = view.t() if transposed else view
        self.compute = self.master if dtype == torch.float32 else torch.empty(self._words_start, dtype=dtype)
        self._fixed: dict[str, torch.Tensor] = {}
        for part in self._parts():
            if part.name not in self._places:
                value = parameters[part.name].data
                self._fixed[part.name] = value.t().contiguous() if part.transposed else value
        self.layers = [self._layer(number, gradient=False) for number in range(architecture.layers)]
        self.embeddings = self._embeddings(gradient=False)
        self.head = self._head(gradient=False)
        self.layer_gradients = [self._layer(number, gradient=True) for number in range(architecture.layers)]
        self.embedding_gradients = self._embeddings(gradient=True)
        self.head_gradients = self._head(gradient=True)
        if self.words_learn and not limit_rows:
            self.rows_of(np.arange(architecture.vocabulary))
        self.refresh()

    def _lay_out(
        self, parameters: dict[str, nn.Parameter], groups: Callable[[str, nn.Parameter], tuple[float, float]]
    ) -> int:
        """Give each parameter that learns, but the word table, its place; returns the elements of all of them."""
        learning: dict[tuple[float, float], list[_Part]] = {}
        for part in self._parts():
            if parameters[part.name].requires_grad:
                learning.setdefault(groups(part.name, parameters[part.name]), []).append(part)
        size = 0
        for (scale, decay), members in learning.items():
            start = size
            for part in members:
                shape = parameters[part.name].shape
                self._places[part.name] = size, shape[::-1] if part.transposed else shape, part.transposed
                size += shape.numel()
            self.groups.append(Group(start, size, scale, decay))
        return size

    @property
    def size(self) -> int:
        """Elements of the flat buffers that are in use."""
        return self._words_start + self.rows * self.architecture.width

    def all_groups(self) -> Iterator[Group]:
        """The groups of the optimizer, the words in use last."""
        yield from self.groups
        if self._word_group is not None:
            yield Group(self._words_start, self.size, *self._word_group)

    def words(self) -> torch.Tensor:
        """[R, H] fp32: the word embeddings in use; the whole table where they do not learn."""
        if not self.words_learn:
            return self.table
        return self.master[self._words_start : self.size].view(self.rows, self.architecture.width)

    def word_gradient(self) -> torch.Tensor:
        """[R, H]"""
        return self.gradient[self._words_start : self.size].view(self.rows, self.architecture.width)

    def rows_of(self, ids: np.ndarray) -> torch.Tensor:
        """[T] rows of `words()` for token ids [T]; words that are new get one."""
        wanted = torch.from_numpy(ids)
        if not self.words_learn:
            return wanted
        rows = self._row_of[wanted]
        if bool((rows < 0).any()):
            new = np.unique(ids[(rows < 0).numpy()])
            values = self.table[torch.from_numpy(new)]  # all that needs memory comes before anything changes
            start = self.rows
            self.rows += len(new)
            self.used.append(new)
            self.reached = max(self.reached, self.size)
            self._row_of[torch.from_numpy(new)] = torch.arange(start, self.rows)
            self.words()[start:].copy_(values).mul_(self._missed)
            rows = self._row_of[wanted]
        return rows

    def decayed(self, rate: float) -> None:
        """An optimizer step with learning rate `rate` was done: words not in use owe its weight decay."""
        if self._word_group is not None:
            scale, decay = self._word_group
            self._missed *= 1 - rate * scale * decay

    def refresh(self) -> None:
        """Bring the weights of the products up to the master weights."""
        if self.compute is not self.master:
            self.compute.copy_(self.master[: self._words_start])

    def snapshot(self, *, copies: bool = True) -> dict[str, torch.Tensor]:
        """All weights that learn, by their Hugging Face names and in their shapes.

        Of the word table only the rows in use: `<name>` [R, H], `<name>/words` [R] and `<name>/missed`, see `decayed`.

        Args:
            copies: else they are views of what is being trained.
        """
        found = self.named(self.master, copies=copies)
        if self.words_learn:
            found[f"{self.word_name}/words"] = self.words_in_use()
            found[f"{self.word_name}/missed"] = torch.tensor(self._missed, dtype=torch.float64)
        return found

    def named(self, flat: torch.Tensor, *, copies: bool = True) -> dict[str, torch.Tensor]:
        """The parts of a buffer that is laid out as `master`, by Hugging Face name.

        Args:
            copies: else they are views.
        """
        found = {}
        for name, (start, shape, transposed) in self._places.items():
            view = flat[start : start + shape.numel()].view(shape)
            found[name] = view.t() if transposed else view
        if self.words_learn:
            found[self.word_name] = flat[self._words_start : self.size].view(self.rows, self.architecture.width)
        if not copies:
            return found
        return {name: part.clone(memory_format=torch.contiguous_format) for name, part in found.items()}

    def fits(self, saved: dict[str, torch.Tensor]) -> bool:
        """Whether `saved` is a `snapshot` of this model; names that begin with a slash may be with it."""
        shapes = {name: shape[::-1] if transposed else shape for name, (_, shape, transposed) in self._places.items()}
        extra = set()
        if self.words_learn:
            extra = {self.word_name, f"{self.word_name}/words", f"{self.word_name}/missed"}
            if not extra <= saved.keys() or saved[self.word_name].shape[1:] != self.table.shape[1:]:
                return False
        rest = {name: value.shape for name, value in saved.items() if name[0] != "/" and name not in extra}
        return rest == shapes

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Stand where `snapshot` was taken."""
        self.gradient[: self.reached].zero_()
        if self.words_learn:
            words = saved[f"{self.word_name}/words"]
            self._row_of.fill_(-1)
            self._row_of[words] = torch.arange(len(words))
            self.used, self.rows = [words.numpy()], len(words)
            self._missed = float(saved[f"{self.word_name}/missed"])
        self.fill(self.master, saved)
        self.refresh()

    def fill(self, flat: torch.Tensor, saved: dict[str, torch.Tensor]) -> None:
        """Put back into a buffer what `named` took out of it."""
        for name, (start, shape, transposed) in self._places.items():
            view = flat[start : start + shape.numel()].view(shape)
            view.copy_(saved[name].t() if transposed else saved[name])
        if self.words_learn:
            flat[self._words_start : self.size].view(self.rows, self.architecture.width).copy_(saved[self.word_name])

    def release(self, model: nn.Module) -> None:
        """Give the module weights of its own again, the word table brought up to date; nothing is trained after it.

        Where memory does not suffice, it can be called again.
        """
        self.gradient = self.master[:0]
        for name in ("layer_gradients", "embedding_gradients", "head_gradients"):
            self.__dict__.pop(name, None)
        parameters = dict(model.named_parameters())
        for name in self._places:
            parameters[name].data = parameters[name].data.clone(memory_format=torch.contiguous_format)
        if self.words_learn:
            if self._missed != 1.0:
                self.table[self._row_of < 0] *= self._missed
                self._missed = 1.0
            self.table[self.words_in_use()] = self.words()

    def words_in_use(self) -> torch.Tensor:
        """[R] token ids, in the order of their rows."""
        return torch.from_numpy(np.concatenate(self.used)) if self.used else torch.zeros(0, dtype=torch.int64)

    def _parts(self) -> Iterator[_Part]:
        """Every parameter but the word table, in the order of the flat buffers."""
        names = NAMES[self.architecture.family]
        for number in range(self.architecture.layers):
            yield from self._layer_parts(number)
        yield from self._embedding_parts()
        yield _Part("dense", f"{names.dense}.weight")
        yield _Part("dense_bias", f"{names.dense}.bias")
        yield _Part("output", f"{names.output}.weight")
        yield _Part("output_bias", f"{names.output}.bias")

    def _layer_parts(self, number: int) -> Iterator[_Part]:
        names = NAMES[self.architecture.family]
        inside = names.inside
        base = names.layer.format(number)
        for kind, suffix in (("", "weight"), ("_bias", "bias")):
            for piece in (inside.query, inside.key, inside.value):
                yield _Part(f"qkv{kind}", f"{base}.{piece}.{suffix}")
            yield _Part(f"out{kind}", f"{base}.{inside.out}.{suffix}")
            yield _Part(f"up{kind}", f"{base}.{inside.up}.{suffix}")
            yield _Part(f"down{kind}", f"{base}.{inside.down}.{suffix}", transposed=suffix == "weight")
        for norm, field in ((inside.attention_norm, "attention"), (inside.output_norm, "output")):
            yield _Part(f"{field}_scale", f"{base}.{norm}.weight")
            yield _Part(f"{field}_shift", f"{base}.{norm}.bias")

    def _embedding_parts(self) -> Iterator[_Part]:
        names = NAMES[self.architecture.family]
        yield _Part("position", f"{names.embeddings}.position_embeddings.weight")
        if names.token_types:
            yield _Part("token_type", f"{names.embeddings}.token_type_embeddings.weight")
        yield _Part("scale", f"{names.embeddings}.LayerNorm.weight")
        yield _Part("shift", f"{names.embeddings}.LayerNorm.bias")

    def _view(self, parts: list[_Part], flat: torch.Tensor) -> torch.Tensor | None:
        """One tensor over parts that lie one after the other in `flat`; None where they do not learn."""
        if parts[0].name not in self._places:
            return None
        start, shape, _ = self._places[parts[0].name]
        size = sum(self._places[part.name][1].numel() for part in parts)
        view = flat[start : start + size]
        return view.view(-1, shape[1]) if len(shape) > 1 else view

    def _tensors(self, parts: Iterator[_Part], gradient: bool, compute: frozenset[str]) -> dict[str, Any]:
        """By field: the gradient, or the weight in the products' format where `compute` names it, else in fp32."""
        fields: dict[str, list[_Part]] = {}
        for part in parts:
            fields.setdefault(part.field, []).append(part)
        found: dict[str, Any] = {}
        for field, members in fields.items():
            if gradient:
                found[field] = self._view(members, self.gradient)
                continue
            view = self._view(members, self.compute if field in compute else self.master)
            if view is None:
                fixed = [self._fixed[part.name] for part in members]
                view = torch.cat(fixed) if len(fixed) > 1 else fixed[0]
                view = view.to(self.dtype) if field in compute else view
            found[field] = view
        return found

    def _layer(self, number: int, *, gradient: bool) -> LayerTensors:
        products = frozenset({"qkv", "qkv_bias", "out", "out_bias", "up", "up_bias", "down", "down_bias"})
        return LayerTensors(**self._tensors(self._layer_parts(number), gradient, products))

    def _embeddings(self, *, gradient: bool) -> EmbeddingTensors:
        found = self._tensors(self._embedding_parts(), gradient, frozenset())
        return EmbeddingTensors(found["position"], found.get("token_type"), found["scale"], found["shift"])

    def _head(self, *, gradient: bool) -> HeadTensors:
        parts = [part for part in self._parts() if part.field in ("dense", "dense_bias", "output", "output_bias")]
        return HeadTensors(**self._tensors(iter(parts), gradient, frozenset()))


def lazy_zeros(elements: int) -> torch.Tensor:
    """[elements] fp32 zeros whose pages cost nothing until they are touched, aligned for the kernels."""
    raw = np.zeros(elements + _ALIGNMENT, dtype=np.float32)
    skip = (-raw.ctypes.data // 4) % (_ALIGNMENT // 4)
    return torch.from_numpy(raw[skip : skip + elements])
