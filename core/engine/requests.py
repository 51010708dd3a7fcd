"""Declarations of the engine's requests and answers, shared by the service and its clients.

A request is a struct, and its class names its answer: `Load` is an `EngineRequest[LoadedModel]`. On the pipe it is
`{"method": "load", "params": {…}}`. Here are the requests about models and the machine; those about data are in
`core/engine/data_requests.py`, which imports pydantic.
"""

from __future__ import annotations

import re
from typing import Any, Generic, Literal, TypeVar, get_args

import msgspec

from core.data.truncation import TokenPlaces
from core.inference.classification import Classification
from core.inference.explanation import Explanation
from core.runs.figures import GpuMemory

A = TypeVar("A")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class EngineRequest(msgspec.Struct, Generic[A], frozen=True, kw_only=True, tag_field="method", tag=_snake_case):
    """A request whose answer is an `A`."""

    @property
    def needs_no_model(self) -> bool:
        """Whether it can be answered beside requests that are about models, by an engine that never loads one."""
        return False


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that the engine has loaded."""

    labels: tuple[str, ...]
    max_length: int
    """The most tokens of a review that it reads."""
    truncation: str = "head"
    """Which part of a longer review it reads; see the setting."""


class Load(EngineRequest[LoadedModel], frozen=True, kw_only=True):
    """Load a model and keep it in memory."""

    folder: str
    """The folder of a run's model."""


class Classified(msgspec.Struct, frozen=True, kw_only=True):
    """The classifications of texts, in their order."""

    classifications: tuple[Classification, ...]
    explanations: tuple[Explanation, ...] = ()
    """One for each text if requested; otherwise empty."""


class Classify(EngineRequest[Classified], frozen=True, kw_only=True):
    """Classify texts with a model: that of a run's `folder`, or `model`, an id or a folder."""

    texts: tuple[str, ...]
    folder: str | None = None
    model: str | None = None
    explain: bool = False
    precision: Literal["auto", "fp32", "bf16"] = "fp32"


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What carries the answer about a text."""

    explanation: Explanation


class Explain(EngineRequest[Explained], frozen=True, kw_only=True):
    """Explain a text with the model in `folder`. Cancelled, it ends within a batch."""

    folder: str
    text: str


class ClassifiedByEach(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of several models, in their order."""

    answers: tuple[Classified, ...]


class ClassifyByEach(EngineRequest[ClassifiedByEach], frozen=True, kw_only=True):
    """Classify texts with each of the models in `folders`, all of which are kept in memory meanwhile."""

    folders: tuple[str, ...]
    texts: tuple[str, ...]


class FoundTokens(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tokens of texts are, in their order."""

    reviews: tuple[TokenPlaces, ...]


class FindTokens(EngineRequest[FoundTokens], frozen=True, kw_only=True):
    """Find the tokens of texts with the tokenizer of a model: that of a run's `folder`, or `model`, an id or a
    folder."""

    texts: tuple[str, ...]
    folder: str | None = None
    model: str | None = None


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about this machine that matter for a run; sizes are in bytes."""

    reviewtui: str
    torch: str
    transformers: str
    device: str
    devices: tuple[GpuMemory, ...]
    threads: int
    cpu_capability: str
    bf16_speedup: float
    precision: str
    memory_total: int
    memory_available: int
    memory_limit: int | None
    home: str
    disk_free: int
    starter: str
    """The starter's folder, or a message why there is none."""
    default_model: str
    """The model that `auto` stands for, or a message why there is none."""
    preferred_model: str
    detached_by: str
    survives_logout: bool
    survives_logout_why: str
    survives_logout_advice: str


class Doctor(EngineRequest[DoctorReport], frozen=True, kw_only=True):
    """Examine this machine."""


def method_of(request: EngineRequest[Any] | type[EngineRequest[Any]]) -> str:
    """Return the name of a request on the pipe."""
    return str(request.__struct_config__.tag)


def to_params(request: EngineRequest[Any]) -> dict[str, Any]:
    """Return a request's fields as JSON values."""
    fields: dict[str, Any] = msgspec.to_builtins(request, enc_hook=_as_json)
    return {name: value for name, value in fields.items() if name != "method"}


def from_params(kind: type[EngineRequest[Any]], params: dict[str, Any]) -> EngineRequest[Any]:
    """Return the request that `params` hold.

    Raises:
        ValueError: The parameters do not match the declaration of the request.
    """
    request: EngineRequest[Any] = msgspec.convert({**params, "method": method_of(kind)}, kind, dec_hook=_from_json)
    return request


def to_result(answer: object) -> Any:
    """Return an answer as a JSON value."""
    return msgspec.to_builtins(answer, enc_hook=_as_json)


def from_result(request: EngineRequest[A], result: Any) -> A:
    """Return the answer to `request` that a JSON `result` holds.

    Raises:
        ValueError: The result does not match its declaration.
    """
    answer: A = msgspec.convert(result, _answer_type(type(request)), dec_hook=_from_json)
    return answer


def _answer_type(kind: type[EngineRequest[Any]]) -> Any:
    (answer,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]
    return answer


def _as_json(value: Any) -> Any:
    """Return a pydantic model, which msgspec does not support, as a JSON value."""
    return value.model_dump(mode="json")


def _from_json(kind: type, value: Any) -> Any:
    return kind.model_validate(value)  # type: ignore[attr-defined]
