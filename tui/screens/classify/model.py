"""The model that Classify asks: which run's, its labels, whether the engine holds it, and what it has said.

Labels are read from the model's own `config.json`, so keys answer before the model is loaded.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.base.errors import ReviewtuiError
from core.engine.requests import A, Classify, EngineRequest, Load
from core.inference.classification import Classification
from core.runs.folder import RunFolder, list_runs
from core.runs.summary import RunSummary, summarize

Progress = Callable[[str, float | None], None]
State = Literal["looking", "none", "loading", "warm", "failed"]


class Ask(Protocol):
    """Asks the engine."""

    async def __call__(self, request: EngineRequest[A], progress: Progress | None = None) -> A: ...


BY_HAND = ("negative", "positive")
"""Labels that are offered while there is no model."""
_KEPT = 2_000
_CONFIG_BYTES = 8 << 20


@dataclass(frozen=True)
class Candidate:
    """A run whose model can be used."""

    run: RunFolder
    summary: RunSummary
    labels: tuple[str, ...]


class ModelInUse:
    """One model at a time. `use` chooses, `load` warms, `classify` asks; predictions are kept by text hash."""

    def __init__(self, ask: Ask) -> None:
        self.state: State = "looking"
        self.message = ""
        """What it is doing while it loads, or why it failed."""
        self.candidate: Candidate | None = None
        self.labels: tuple[str, ...] = BY_HAND
        self.max_length: int | None = None
        self._ask = ask
        self._said: OrderedDict[str, Classification] = OrderedDict()

    @property
    def run_id(self) -> str | None:
        """Id of the run, for the decision log."""
        return self.candidate.run.id if self.candidate is not None else None

    def use(self, candidate: Candidate | None) -> None:
        """Answer with this model from now on; what another has said is forgotten."""
        self.candidate = candidate
        self.state = "none" if candidate is None else "loading"
        self.message = ""
        self.labels = (candidate.labels if candidate is not None else ()) or BY_HAND
        self.max_length = None
        self._said.clear()

    async def load(self, progress: Callable[[str, float | None], None]) -> None:
        """Have the engine load the model.

        Raises:
            ReviewtuiError: it cannot be loaded; `state` and `message` say so too.
        """
        candidate = self.candidate
        if candidate is None:
            return
        self.state, self.message = "loading", ""
        try:
            loaded = await self._ask(Load(folder=str(candidate.run.model)), progress)
        except ReviewtuiError as error:
            if candidate is self.candidate:
                self.state, self.message = "failed", str(error)
            raise
        if candidate is self.candidate:
            self.state, self.labels = "warm", loaded.labels
            self.max_length = loaded.max_length

    def said(self, text_hash: str) -> Classification | None:
        """What the model said of this text, if it was asked."""
        return self._said.get(text_hash)

    async def classify(self, texts: Sequence[str], hashes: Sequence[str] = ()) -> list[Classification]:
        """Ask about texts; answers are kept under `hashes` where they are given.

        Raises:
            ReviewtuiError: the engine did not answer; `state` and `message` say so too.
        """
        candidate = self.candidate
        if candidate is None:
            return []
        try:
            answer = await self._ask(Classify(folder=str(candidate.run.model), texts=tuple(texts)))
        except ReviewtuiError as error:
            if candidate is self.candidate:
                self.state, self.message = "failed", str(error)
            raise
        found = list(answer.classifications)
        if candidate is self.candidate:
            self.state, self.message = "warm", ""
            self._said.update(zip(hashes, found, strict=False))
            while len(self._said) > _KEPT:
                self._said.popitem(last=False)
        return found


def candidates() -> list[Candidate]:
    """Every run that has a model, the newest first. Reads the disk: not for the event loop."""
    return [Candidate(run, summarize(run), labels_of(run)) for run in list_runs() if has_model(run)]


def first_candidate(preferred: RunFolder | None) -> Candidate | None:
    """The model of `preferred` if it has one, else that of the newest run that has. Reads the disk."""
    runs = [preferred] if preferred is not None and has_model(preferred) else list_runs()
    run = next((run for run in runs if has_model(run)), None)
    return Candidate(run, summarize(run), labels_of(run)) if run is not None else None


def has_model(run: RunFolder) -> bool:
    """Whether the run has weights to classify with."""
    return (run.model / "config.json").is_file()


def labels_of(run: RunFolder) -> tuple[str, ...]:
    """The names of a model's classes in their order; none if its configuration does not say."""
    try:
        with (run.model / "config.json").open("rb") as file:
            names = json.loads(file.read(_CONFIG_BYTES))["id2label"]
        return tuple(str(names[key]) for key in sorted(names, key=int))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
