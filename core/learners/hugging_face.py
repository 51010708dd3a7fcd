"""The learner on the Hugging Face module: autograd, autocast and torch's optimizers, on any device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from core.base.allocator import give_back_large_blocks, give_back_what_is_free
from core.base.errors import ReviewtuiError
from core.base.out_of_memory import Attempt
from core.base.text import clean_line
from core.data.batches import dropout_seed
from core.data.examples import Examples
from core.data.tokens import SpecialTokens, collate
from core.encoder.architecture import architecture_of
from core.encoder.update_norms import Piece, part_norms, update_ratios
from core.learners.base import Loss, frozen_layers
from core.learners.optimizer import build_optimizer, optimizer_tensors, restore_optimizer, set_learning_rate
from core.learners.parts import parts_of
from core.learners.tensor_files import Tensors
from core.learners.time_spent import TimeSpent
from core.models.classifier import Classifier
from core.models.determinism import is_about_order, keep_order, let_order_go
from core.models.device import autocast, send
from core.models.head import head_of
from core.models.layers import layer_modules
from core.planning.architecture import UnsupportedModelError
from core.planning.run_plan import RunPlan
from core.planning.sizes import TRANSFORMERS_TOKENS
from core.settings.optimizers import OptimizerSpec, optimizer_spec
from core.settings.schema import Settings


class HuggingFaceLearner:
    """See `core.learners.base.Learner`."""

    token_budget = TRANSFORMERS_TOKENS
    cached_layers, found_layers = 0, False
    steps_ahead = 0

    def __init__(
        self,
        classifier: Classifier,
        special_tokens: SpecialTokens,
        settings: Settings,
        device: torch.device,
        plan: RunPlan,
        *,
        compiled: bool = False,
    ) -> None:
        """Args: compiled: Whether `prepare` compiles the module."""
        self.plan = plan
        self._classifier, self._special_tokens, self._settings = classifier, special_tokens, settings
        self._device, self._precision = device, plan.precision
        if device.type == "cuda":
            self.steps_ahead = 1
            if settings.deterministic:
                keep_order()
        if device.type == "cpu" and classifier.recomputes:
            give_back_large_blocks()
        self._wide_mask = device.type != "cpu" and _takes_wide_mask(classifier.model)
        self._to_be_compiled, self.compiled = compiled, False
        self._call: Callable[..., Any] = classifier.model
        classifier.model.to(device)
        self._trainable = classifier.trainable()
        self.parts, self.spent = parts_of(classifier.model, self._trainable), TimeSpent()
        self.optimizer = build_optimizer(classifier, settings)
        self._skipped: torch.Tensor | None = None
        """Whether the last step was skipped, because its fp16 gradients overflowed; on the device."""
        self._scaler = torch.amp.GradScaler(device.type, enabled=plan.precision == "fp16")

    def prepare(self, examples: Sequence[Examples], progress: Callable[[float], None]) -> str:
        messages = (self._check_determinism(examples[0]), self._compile(examples[0]), self._describe_frozen_layers())
        return " ".join(filter(None, messages))

    def _check_determinism(self, examples: Examples) -> str:
        """Try on two reviews whether all operations on a GPU are deterministic; return a message if they are not."""
        if self._device.type == "cpu" or not self._settings.deterministic:
            return ""
        try:
            Attempt(partial(self._try_two, examples))  # an out-of-memory will occur again where it is handled
        except RuntimeError as error:
            if not is_about_order(error):
                raise
            let_order_go()
            return (
                "This model uses operations that are not deterministic on a GPU, so a resumed run is close to an "
                f"uninterrupted one, but not bit-identical: {clean_line(error, 120)}."
            )
        return ""

    def _try_two(self, examples: Examples) -> None:
        """Run forward and backward passes of two reviews, and a forward pass as in an evaluation; change nothing."""
        reviews = examples.ids(np.arange(min(2, len(examples.rows))))
        try:
            self._classifier.train()
            self._forward(reviews).float().sum().backward()  # type: ignore[no-untyped-call]
            self._classifier.model.eval()
            with torch.inference_mode():
                self._forward(reviews)
        finally:
            self.optimizer.zero_grad(set_to_none=True)

    def _describe_frozen_layers(self) -> str:
        choice = self._settings.freeze_layers
        if not self._classifier.frozen or choice in ("embeddings", 0):
            return ""
        count = len(layer_modules(self._classifier.model).layers) if isinstance(choice, str) else choice
        return f"{frozen_layers(count)} computed in every step, because {self.plan.path.why}."

    def _compile(self, examples: Examples) -> str:
        """Compile the module if requested, and return a message about it; empty if not requested.

        Two reviews are computed, because a missing compiler is only noticed at the first call.
        """
        if not self._to_be_compiled:
            return ""
        self._call = torch.compile(self._classifier.model, dynamic=True)
        try:
            self._try_two(examples)
        except RuntimeError as error:
            self._call = self._classifier.model
            return f"The model runs without being compiled: {clean_line(error, 160)}."
        self.compiled = True
        return "The model was compiled."

    def learn(
        self,
        examples: Examples,
        positions: np.ndarray,
        loss: Loss,
        key: tuple[int, int, int],
        *,
        first: bool,
        layers: Sequence[int] = (),
    ) -> torch.Tensor:
        if first:
            self.optimizer.zero_grad(set_to_none=True)
            self._classifier.train()
        torch.manual_seed(dropout_seed(*key))
        self._classifier.dropout.key = key
        inputs = self._inputs(examples.ids(positions))
        self.spent.switch("forward")
        value = loss(*self._outputs(inputs, layers))
        self._scaler.scale(value).backward()  # type: ignore[no-untyped-call]
        return value.detach()

    def update(self, rate: float) -> torch.Tensor:
        set_learning_rate(self.optimizer, rate)
        self._scaler.unscale_(self.optimizer)
        limit = self._settings.max_grad_norm or float("inf")
        try:
            norm = torch.nn.utils.clip_grad_norm_(self._trainable.values(), limit)
        except RuntimeError:
            self._scaler.update()  # otherwise the gradients could not be unscaled again
            raise
        self._scaler.step(self.optimizer)
        self._scaler.update()
        if self._scaler.is_enabled():  # after an overflow it skips the step and lowers its scale: not a divergence
            self._skipped = ~torch.isfinite(norm)
            return torch.nan_to_num(norm, nan=0.0, posinf=0.0)
        return norm

    @torch.no_grad()
    def gradient_norms(self) -> torch.Tensor:
        pairs = ((self.parts.of[name], weight.grad) for name, weight in self._trainable.items())
        norms = part_norms(len(self.parts.names), ((part, grad) for part, grad in pairs if grad is not None))
        if not self._scaler.is_enabled():
            return norms
        scale = self._scaler.scale(torch.ones((), device=self._device))  # asking for the number would wait for it
        return torch.nan_to_num(norms / scale, nan=0.0, posinf=0.0)

    @torch.no_grad()
    def update_ratios(self, rate: float) -> torch.Tensor:
        spec = optimizer_spec(self._settings)
        step = next((state["step"] for state in self.optimizer.state.values() if "step" in state), torch.zeros(()))
        ratios = update_ratios(len(self.parts.names), self._pieces(rate, spec), spec, step)
        return ratios if self._skipped is None else torch.where(self._skipped, torch.zeros_like(ratios), ratios)

    def _pieces(self, rate: float, spec: OptimizerSpec) -> Iterator[Piece]:
        """Yield all weights in training with what the optimizer keeps for them."""
        groups = {id(weight): group for group in self.optimizer.param_groups for weight in group["params"]}
        for name, weight in self._trainable.items():
            group, kept = groups[id(weight)], self.optimizer.state.get(weight, {})
            state = tuple(kept[moment] for moment in spec.state if moment in kept)
            if not spec.state and weight.grad is not None:
                state = (weight.grad,)
            decay = 0.0 if spec.state == ("momentum_buffer",) else group["weight_decay"]
            yield Piece(self.parts.of[name], weight, state, rate * group["scale"], decay)

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        self._classifier.model.eval()
        with torch.inference_mode():
            return self._forward(examples.ids(positions)).float()

    def outputs(self, examples: Examples, positions: np.ndarray, layers: Sequence[int]) -> tuple[torch.Tensor, ...]:
        self._classifier.model.eval()
        with torch.inference_mode():
            return tuple(one.float() for one in self._outputs(self._inputs(examples.ids(positions)), layers))

    def head_inputs(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        taken: list[torch.Tensor] = []
        first = head_of(self._classifier.model).first
        hook = first.register_forward_pre_hook(lambda module, inputs: taken.append(inputs[0]))
        try:
            self.logits(examples, positions)
        finally:
            hook.remove()
        return taken[0].float()

    def _forward(self, reviews: Sequence[np.ndarray]) -> torch.Tensor:
        """Return logits [B, C]."""
        return self._outputs(self._inputs(reviews), ())[0]

    def _inputs(self, reviews: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token ids [B, L] and the attention mask, on the device."""
        input_ids, mask = (send(array, self._device) for array in collate(reviews, self._special_tokens))
        return input_ids, mask[:, None, None, :].bool() if self._wide_mask else mask

    def _outputs(self, inputs: tuple[torch.Tensor, torch.Tensor], layers: Sequence[int]) -> tuple[torch.Tensor, ...]:
        """Return logits [B, C], and the output [B, H] of some layers for the first tokens."""
        input_ids, mask = inputs
        more = {"output_hidden_states": True} if layers else {}
        with autocast(self._device, self._precision):
            found = self._call(input_ids=input_ids, attention_mask=mask, **more)
        return (found.logits, *(found.hidden_states[layer][:, 0] for layer in layers))

    def weights(self, *, copies: bool = True) -> Tensors:
        own = {name: weight.detach() for name, weight in self._trainable.items()}
        return {name: weight.to("cpu", copy=True) for name, weight in own.items()} if copies else own

    def moments(self) -> Tensors:
        return optimizer_tensors(self.optimizer, {id(weight): name for name, weight in self._trainable.items()})

    def put(self, weights: Tensors) -> None:
        saved = {name: weight.shape for name, weight in weights.items() if not name.startswith("/")}
        if saved != {name: weight.shape for name, weight in self._trainable.items()}:
            raise ReviewtuiError("The checkpoint belongs to another model: settings.toml has changed since.")
        with torch.no_grad():
            for name, weight in self._trainable.items():
                weight.copy_(weights[name])

    def put_moments(self, moments: Tensors) -> None:
        restore_optimizer(self.optimizer, self._trainable, moments)

    def scaler_state(self) -> dict[str, Any]:
        return self._scaler.state_dict()

    def put_scaler_state(self, state: dict[str, Any]) -> None:
        if state:
            self._scaler.load_state_dict(state)

    def discard_rehearsal(self) -> None:
        pass

    def recompute(self) -> bool:
        if self._device.type == "cpu":
            give_back_large_blocks()
        return self._classifier.recompute()

    def free(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def finish(self) -> None:
        self._classifier.model.to("cpu")
        self.free()
        give_back_what_is_free()  # training fragments memory, and merging LoRA needs room for a copy of the model


def _takes_wide_mask(model: Any) -> bool:
    """Return whether the module accepts an attention mask [B, 1, 1, L].

    With a mask [B, L] it first checks whether anything is padded, which blocks until a GPU has answered.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if getattr(inner.config, "_attn_implementation", None) != "sdpa":
        return False
    try:
        architecture_of(inner)
    except UnsupportedModelError:
        return False
    return True
