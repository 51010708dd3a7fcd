"""Predictions for the current review, and in advance for the next ones."""

from __future__ import annotations

from textual import work

from core.base.errors import ReviewtuiError
from core.data.truncation import TokenPlaces
from core.engine.client import Progress
from core.engine.requests import A, EngineRequest
from core.inference.classification import Classification
from core.triage.queue import Pile
from core.triage.review import Review
from tui.navigation.place import Place
from tui.screens.classify.model import ModelInUse

_BATCH = 8
"""The most reviews in one request for predictions in advance."""
_AHEAD = 24
"""Reviews from the one in view on that have a prediction before they are needed."""


class Predictions(Place):
    """A model, a pile or a typed text, and the model's answers. Subclasses draw them."""

    def __init__(self) -> None:
        super().__init__()
        self.model = ModelInUse(self._ask)
        self.pile: Pile | None = None
        self.typed = False
        """Whether a typed review is in view instead of the pile."""
        self.typed_prediction: Classification | None = None
        self.typed_places: TokenPlaces | None = None
        self._marked_text = ""
        """The typed text that the places belong to."""
        self._typed_text = ""
        self._predicting = False

    async def _ask(self, request: EngineRequest[A], progress: Progress | None = None) -> A:
        return await self.app.ask(request, progress)

    def draw(self) -> None:
        """Show the state as it is now."""
        raise NotImplementedError

    @property
    def prediction(self) -> Classification | None:
        """The model's answer about the review in view."""
        if self.typed:
            return self.typed_prediction
        review = self._review()
        return self.model.answer(review.hash) if review is not None else None

    @property
    def places(self) -> TokenPlaces | None:
        """Where the tokens of the review in view are, if that is known."""
        review = None if self.typed else self._review()
        return self.typed_places if self.typed else self.model.places(review.hash) if review is not None else None

    def _review(self) -> Review | None:
        """Return the review of the pile that is in view and can be decided."""
        return self.pile.review if self.pile is not None and not self.pile.finished else None

    def _predict_soon(self) -> None:
        if not self._predicting and self.model.state in ("warm", "failed") and self._wanted():
            self._predicting = True
            self._predict()

    def _wanted(self) -> list[Review]:
        """Return the reviews to predict next: the current one alone if it has no prediction, else the next few."""
        if self.pile is None or self.pile.finished:
            return []
        ahead = self.pile.ahead(_AHEAD)
        missing = [number for number, review in enumerate(ahead) if self.model.answer(review.hash) is None]
        if not missing or missing[0] == 0:
            return [ahead[number] for number in missing[:1]]
        soon = len(missing) >= _BATCH or missing[0] < _BATCH
        return [ahead[number] for number in missing[:_BATCH]] if soon else []

    @work(exit_on_error=False, group="predict")
    async def _predict(self) -> None:
        try:
            while wanted := self._wanted():
                texts, hashes = [review.text for review in wanted], [review.hash for review in wanted]
                await self.model.classify(texts, hashes)
                self.draw()
                await self.model.find_tokens(texts, hashes)
                self.draw()
        except ReviewtuiError:
            self.draw()  # the panel says why; the next step through the pile tries again
        finally:
            self._predicting = False

    @work(exclusive=True, exit_on_error=False, group="typed")
    async def _classify_typed(self) -> None:
        text = self._typed_text
        try:
            found = await self.model.classify([text])
        except ReviewtuiError:
            found = []  # the panel says why
        self.typed_prediction, self.typed_places = found[0] if found else None, None
        self.draw()
        if places := await self.model.find_tokens([text]) if found else ():
            self.typed_places, self._marked_text = places[0], text
            self.draw()
