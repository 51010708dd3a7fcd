"""The model that Classify uses: its labels, whether the engine has loaded it, and its answers.

Labels are read from the model's own `config.json`, so that keys work before the model is loaded.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from core.base.errors import ReviewtuiError
from core.data.truncation import TokenPlaces
from core.engine.requests import A, Classify, EngineRequest, FindTokens, Load
from core.inference.classification import Classification
from core.inference.temperature import FILE_NAME, Temperature, read_temperature
from core.runs.model_hash import model_hash
from tui.screens.classify.model_choice import Candidate

Progress = Callable[[str, float | None], None]
V = TypeVar("V")
State = Literal["looking", "none", "unchosen", "loading", "warm", "failed"]
"""`none`: no run has a model. `unchosen`: there are models, and the user has to choose one."""


class Ask(Protocol):
    """Asks the engine."""

    async def __call__(self, request: EngineRequest[A], progress: Progress | None = None) -> A: ...


BY_HAND = ("negative", "positive")
"""Labels that are offered while there is no model."""
_MAX_ANSWERS = 2_000


class ModelInUse:
    """The model in use. `use` chooses it, `load` loads it, `classify` asks it; answers are cached by text hash."""

    def __init__(self, ask: Ask) -> None:
        self.state: State = "looking"
        self.message = ""
        """What it is doing while it loads, or why it failed."""
        self.candidate: Candidate | None = None
        self.labels: tuple[str, ...] = BY_HAND
        self.max_length: int | None = None
        self.truncation = "head"
        self.hash: str | None = None
        """Hash of the weights; None until the model is loaded."""
        self.temperature: Temperature | None = None
        """What its probabilities are to be divided by; None if it is not calibrated."""
        self._ask = ask
        self._answers: OrderedDict[str, Classification] = OrderedDict()
        self._places: OrderedDict[str, TokenPlaces] = OrderedDict()

    @property
    def run_id(self) -> str | None:
        """Id of the run, for the decision log."""
        return self.candidate.run.id if self.candidate is not None else None

    def use(self, candidate: Candidate | None, *, unchosen: bool = False) -> None:
        """Answer with this model from now on, and forget the answers of another one.

        Args:
            candidate: None leaves the user to label by hand.
            unchosen: Whether there are models to choose from.
        """
        self.candidate = candidate
        self.state = "loading" if candidate is not None else "unchosen" if unchosen else "none"
        self.message = ""
        self.labels = (candidate.labels if candidate is not None else ()) or BY_HAND
        self.max_length = self.hash = self.temperature = None
        self._answers.clear()
        self._places.clear()

    async def load(self, progress: Progress) -> None:
        """Have the engine load the model.

        Raises:
            ReviewtuiError: The model cannot be loaded; `state` and `message` say so too.
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
            self.max_length, self.truncation = loaded.max_length, loaded.truncation
            found = await asyncio.to_thread(_examined, candidate.run.model)
            if candidate is self.candidate:
                self.hash, self.temperature = found

    def calibrated(self, prediction: Classification | None) -> float | None:
        """Return the probability of a prediction after the temperature; None without either."""
        if prediction is None or self.temperature is None:
            return None
        return self.temperature.calibrated(prediction.probabilities).get(prediction.label)

    def answer(self, text_hash: str) -> Classification | None:
        """Return the model's answer about a text; None if it has not been asked."""
        return self._answers.get(text_hash)

    def places(self, text_hash: str) -> TokenPlaces | None:
        """Return where the tokens of a text are; None if that has not been asked."""
        return self._places.get(text_hash)

    async def find_tokens(self, texts: Sequence[str], hashes: Sequence[str] = ()) -> tuple[TokenPlaces, ...]:
        """Ask where the tokens of texts are; answers are kept under `hashes` where they are given.

        A refusal is no problem: the texts are then shown without marks.
        """
        candidate = self.candidate
        if candidate is None:
            return ()
        try:
            found = (await self._ask(FindTokens(folder=str(candidate.run.model), texts=tuple(texts)))).reviews
        except ReviewtuiError:
            return ()
        if candidate is self.candidate:
            for text_hash, places in zip(hashes, found, strict=False):
                _keep(self._places, text_hash, places)
        return found

    async def classify(self, texts: Sequence[str], hashes: Sequence[str] = ()) -> list[Classification]:
        """Ask about texts; answers are kept under `hashes` where they are given.

        Raises:
            ReviewtuiError: The engine did not answer; `state` and `message` say so too.
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
            for text_hash, one in zip(hashes, found, strict=False):
                _keep(self._answers, text_hash, one)
        return found


def _examined(folder: Path) -> tuple[str | None, Temperature | None]:
    """Return the hash of the model in a folder, and its temperature. Reads the disk."""
    try:
        return model_hash(folder), read_temperature(folder / FILE_NAME)
    except ReviewtuiError:
        return None, None


def _keep(cache: OrderedDict[str, V], key: str, value: V) -> None:
    """Cache a value, and forget the oldest if there are too many."""
    cache[key] = value
    while len(cache) > _MAX_ANSWERS:
        cache.popitem(last=False)
