"""What the engine can be asked, and what it answers: one declaration each, used by the service and by its clients.

A request is a struct, and its class names its answer: `Load` is an `EngineRequest[LoadedModel]`. On the pipe it is
`{"method": "load", "params": {…}}`. Here are the requests about models and the machine; those about data are in
`core/engine/data_requests.py`, which imports pydantic.
"""

from __future__ import annotations

import re
from typing import Any, Generic, Literal, TypeVar, get_args

import msgspec

from core.inference.classification import Classification, Explanation
from core.runs.records import GpuMemory

A = TypeVar("A")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class EngineRequest(msgspec.Struct, Generic[A], frozen=True, kw_only=True, tag_field="method", tag=_snake_case):
    """A request whose answer is an `A`."""


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that the engine holds."""

    labels: tuple[str, ...]
    max_length: int
    """Tokens that it reads of a review at most."""


class Load(EngineRequest[LoadedModel], frozen=True, kw_only=True):
    """Load a model and keep it."""

    folder: str
    """Of a run's model."""


class Classified(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of texts, in their order."""

    classifications: tuple[Classification, ...]
    explanations: tuple[Explanation, ...] = ()
    """One for each text if they were asked for; otherwise none."""


class Classify(EngineRequest[Classified], frozen=True, kw_only=True):
    """Classify texts with a model: that of a run's `folder`, or `model`, an id or a folder."""

    texts: tuple[str, ...]
    folder: str | None = None
    model: str | None = None
    explain: bool = False
    precision: Literal["auto", "fp32", "bf16"] = "fp32"


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine can do for a run; sizes in bytes."""

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
    """The starter's folder, or why there is none."""
    default_model: str
    """What `auto` finds, or why it finds nothing."""
    preferred_model: str
    detached_by: str
    survives_logout: bool
    survives_logout_why: str
    survives_logout_advice: str


class Doctor(EngineRequest[DoctorReport], frozen=True, kw_only=True):
    """Find out what this machine can do."""


def method_of(request: EngineRequest[Any] | type[EngineRequest[Any]]) -> str:
    """Return the word that names a request on the pipe."""
    return str(request.__struct_config__.tag)


def to_params(request: EngineRequest[Any]) -> dict[str, Any]:
    """Return a request's fields as JSON has them."""
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
    """Return an answer as JSON has it."""
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
    """Pydantic's models, which msgspec does not know, as JSON."""
    return value.model_dump(mode="json")


def _from_json(kind: type, value: Any) -> Any:
    return kind.model_validate(value)  # type: ignore[attr-defined]
