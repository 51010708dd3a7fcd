"""State that the screens share: the engine, the draft of the next run, the run in view, and the pile to classify.

Screens depend on this base class only; `tui/app.py` derives the application from it. Screens call the engine through
`ask`, which never blocks the event loop. Heavy libraries are never loaded in this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

from textual.events import ScreenResume
from textual.widget import Widget
from textual.worker import Worker

from core.base.text import clean
from core.engine.client import AnyProgress, EngineClient
from core.engine.reading_progress import CountingProgress
from core.engine.requests import A, EngineRequest
from core.runs.folder import RunFolder
from tui.failures import ReportingWorkers, failure_sentence
from tui.telling import Telling
from tui.terminal.key_order import OrderedApp
from tui.terminal.stylesheet import RememberingStylesheet

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions
    from core.runs.group import GroupFolder
    from tui.state import Draft

Progress = Callable[[str, float | None], None]


@runtime_checkable
class HandlesFailures(Protocol):
    """A screen that can show by itself that a worker failed."""

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show `sentence` and return True, or return False to have the app show it as a notice."""


class Workbench(OrderedApp):
    """The state and services that screens share."""

    def __init__(
        self,
        *,
        data: str | None = None,
        pile: str | None = None,
        run: RunFolder | None = None,
        engine: EngineClient | None = None,
    ) -> None:
        """Create the shared state.

        Args:
            data: The source that the Data screen opens.
            pile: The file of reviews that the Classify screen opens.
            run: The run to show, or to classify with if `pile` is given.
            engine: The engine client; None creates one.
        """
        super().__init__()
        self.stylesheet = RememberingStylesheet(variables=self.get_css_variables())
        self._workers = ReportingWorkers(self)
        self.engine = engine or EngineClient()
        self.reader = engine or EngineClient("reader.log")
        """An engine that loads no model: pages of a pile come while the other one computes."""
        self._given = engine
        self.telling = Telling(self, lambda sentence: self.say(sentence, "warning"))
        """What is told about runs through the terminal, if the user has asked for it."""
        self.scores_piles = engine is None
        """Whether a pile that is opened is scored in the background."""
        self._draft: Draft | None = None
        self._source = data or ""
        self.run_in_view: RunFolder | None = run
        self.replays = False
        """Whether its runs are recorded ones that are replayed: nothing can be trained with them."""
        self.group_in_view = ""
        """Id of the group that Groups should show; it takes it over when it is next shown. Empty for none."""
        self.run_to_classify: RunFolder | None = run if pile is not None else None
        """The run whose model Classify should use; Classify takes it over when it is next shown."""
        self.runs_to_compare: list[RunFolder] | None = None
        """The runs that Compare should compare; it takes them over when it is next shown."""
        self.runs_to_overlay: list[RunFolder] = []
        """Runs that Train should show on the charts of the next run that it opens; it takes them over."""
        self.changed_keys: Mapping[str, str] = {}
        """Action id → its keys, for the actions that `keys.toml` changes."""
        self.setting_in_view = ""
        """Name of the setting to show when the Setup screen is next shown; empty for none."""
        self.pile: str | None = pile
        """The file of reviews to classify one by one; None for typed reviews."""
        self.pile_reading: ReadingOptions | None = None
        """Reading options chosen on the Data screen for the pile; None to read it as before."""

    @property
    def draft(self) -> Draft:
        """The run being set up."""
        if self._draft is None:
            from tui.state import Draft  # imports pydantic, which the first frame does not need

            self._draft = Draft(source=self._source)
        return self._draft

    @draft.setter
    def draft(self, draft: Draft) -> None:
        self._draft = draft

    def start_scoring(self, models: Sequence[Path], source: str, reading: ReadingOptions) -> None:
        """Score a pile with models in the background; not while `scores_piles` is off. It reads and writes the disk.

        Raises:
            ReviewtuiError: The process cannot be started.
        """
        from core.scores.launch import launch_scoring

        launch_scoring(models, source, reading)

    async def ask(self, request: EngineRequest[A], progress: AnyProgress | None = None) -> A:
        """Send a request to an engine, wait for the answer without blocking the UI, and return it.

        `progress` is called on the UI's thread.

        Raises:
            ReviewtuiError: The engine refused the request, or failed.
        """
        return await _answer(self.reader if request.needs_no_model else self.engine, request, progress)

    async def ask_apart(self, request: EngineRequest[A], progress: AnyProgress | None = None) -> A:
        """Do the same with an engine of its own, which ends with the answer: others are asked meanwhile.

        Raises:
            ReviewtuiError: The engine refused the request, or failed.
        """
        engine = self._given or EngineClient("apart.log")
        try:
            return await _answer(engine, request, progress)
        finally:
            if engine is not self._given:
                await asyncio.to_thread(engine.close)

    def close_engines(self) -> None:
        """End both engines, even if they are busy."""
        self.engine.close()
        self.reader.close()

    def say(self, text: object, severity: Literal["information", "warning", "error"] = "information") -> None:
        """Show a notice in the corner. `text` is never interpreted as markup."""
        timeout = {"information": 4.0, "warning": 8.0, "error": 12.0}[severity]
        self.notify(clean(text), severity=severity, timeout=timeout, markup=False)

    def worker_failed(self, worker: Worker[Any]) -> None:
        """Report that a worker of a screen or widget failed. The screen may show it; otherwise a notice does."""
        sentence = failure_sentence(worker.error or RuntimeError("unknown"))
        node = worker.node
        screen: object = node.screen if isinstance(node, Widget) and node.is_attached else None
        if isinstance(screen, HandlesFailures) and screen.worker_failed(worker, sentence):
            return
        self.say(sentence, "error")

    def open_data(self, source: str) -> None:
        """Start a new draft on `source` and show the Data screen."""
        self._source, self._draft = source, None
        self.switch_mode("data")

    def open_setting(self, name: str) -> None:
        """Show a setting on the Setup screen."""
        self.setting_in_view = name
        if self.current_mode == "setup":
            self.screen.post_message(ScreenResume())
        self.switch_mode("setup")

    def open_run(self, run: RunFolder) -> None:
        """Show a run, live or past, on the Train screen."""
        self.run_in_view = run
        self.switch_mode("train")

    def open_on_charts(self, runs: Sequence[RunFolder]) -> None:
        """Show the first of some runs on the Train screen, and the others on its charts."""
        self.runs_to_overlay = list(runs[1:])
        self.open_run(runs[0])

    def open_group(self, group: GroupFolder) -> None:
        """Show a group on the Groups screen."""
        self.group_in_view = group.id
        self.switch_mode("groups")

    def open_compare(self, runs: list[RunFolder]) -> None:
        """Compare runs on the Compare screen; with a single one, it asks for another."""
        self.runs_to_compare = runs
        self.switch_mode("compare")

    def open_classify(
        self, run: RunFolder | None = None, pile: str | None = None, reading: ReadingOptions | None = None
    ) -> None:
        """Show the Classify screen.

        Args:
            run: The run whose model to use; None keeps the current one.
            pile: The file of reviews to classify; None keeps the current one.
            reading: How to read `pile`; None reads it as before, or detects everything.
        """
        self.run_to_classify = run or self.run_to_classify
        if pile:
            self.pile, self.pile_reading = pile, reading
        self.switch_mode("classify")


def sample_folder() -> Path:
    """Return the folder of the sample reviews shipped with the project."""
    return Path(__file__).resolve().parent.parent / "sample_reviews"


async def _answer(engine: EngineClient, request: EngineRequest[A], progress: AnyProgress | None) -> A:
    """Return the answer of an engine; `progress` is called on the thread that waits for it."""
    loop = asyncio.get_running_loop()

    def tell(what: str, fraction: float | None, *classes: Mapping[str, int]) -> None:
        if progress is not None:
            loop.call_soon_threadsafe(partial(cast(CountingProgress, progress), what, fraction, *classes))

    return await asyncio.wrap_future(engine.request(request, tell))
