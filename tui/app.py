"""The workbench: five places, one engine, and what they share.

The app owns the engine client, the draft of the next run, the run being watched and what is to be classified. Screens
ask the engine through `ask`, which never blocks a key; heavy libraries are never loaded in this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from core.clean import clean, clean_line
from core.engine.client import EngineClient
from core.runs.folder import RunFolder
from core.runs.trash import empty_trash
from tui.last_guard import LastGuard
from tui.places import PLACES

if TYPE_CHECKING:
    from tui.draft import Draft

Progress = Callable[[str, float | None], None]


class Workbench(App[None]):
    """The reviewtui application."""

    TITLE = "reviewtui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    DEFAULT_MODE = "runs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True),
        Binding("ctrl+c", "quit_hint", "Quit", id="app.quit_hint", show=False, system=True),
        Binding("f1", "help", "Help", id="app.help_f1", show=False),
        *(
            Binding(f"f{number}", f"go('{place}')", title, id=f"go.{place}", show=False)
            for number, (place, title) in enumerate(PLACES.items(), start=2)
        ),
    ]

    def __init__(
        self,
        *,
        data: str | None = None,
        pile: str | None = None,
        run: RunFolder | None = None,
        engine: EngineClient | None = None,
    ) -> None:
        """Args: data: what the Data screen opens on; pile: what Classify opens on; run: to watch or classify with."""
        super().__init__()
        self._guard = LastGuard()
        self.failure: Exception | None = None
        """What nobody foresaw and ended the workbench, if anything did."""
        self.error_console.quiet = True  # it would print a traceback with the texts of reviews, as they are
        self.engine = engine or EngineClient()
        self._draft: Draft | None = None
        self._source = data or ""
        self.run_in_view: RunFolder | None = run
        self.pile: str | None = pile
        """The file of reviews that Classify walks through; None for typed reviews."""
        self._first = "data" if data is not None else "classify" if pile is not None else "runs"

    def on_mount(self) -> None:
        if not self.is_headless:
            from tui.hangup import watch

            watch(self)
        if self._first != "runs":
            self.switch_mode(self._first)

    def on_unmount(self) -> None:
        self.engine.close()
        empty_trash()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every drawn line of every widget passes through."""
        return [*super().get_line_filters(), self._guard]

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    # Shared by the screens

    @property
    def draft(self) -> Draft:
        """The run in the making."""
        if self._draft is None:
            from tui.draft import Draft  # pydantic, which the first frame does without

            self._draft = Draft(source=self._source)
        return self._draft

    @draft.setter
    def draft(self, draft: Draft) -> None:
        self._draft = draft

    async def ask(self, method: str, params: dict[str, Any] | None = None, progress: Progress | None = None) -> Any:
        """Ask the engine; keys are answered meanwhile. `progress` is called on the UI's own thread.

        Raises:
            ReviewtuiError: what the engine answered instead.
        """
        loop = asyncio.get_running_loop()

        def tell(what: str, fraction: float | None) -> None:
            if progress is not None:
                loop.call_soon_threadsafe(progress, what, fraction)

        return await asyncio.wrap_future(self.engine.request(method, params, tell))

    def say(self, text: object, severity: Literal["information", "warning", "error"] = "information") -> None:
        """A notice in the corner; whatever `text` holds, it is shown as text."""
        timeout = {"information": 4.0, "warning": 8.0, "error": 12.0}[severity]
        self.notify(clean(text), severity=severity, timeout=timeout, markup=False)

    def open_data(self, source: str) -> None:
        """Start a new draft on `source` and show the Data screen."""
        self._source, self._draft = source, None
        self.switch_mode("data")

    def open_run(self, run: RunFolder) -> None:
        """Show a run, live or past, on the Train screen."""
        self.run_in_view = run
        self.switch_mode("train")

    def open_classify(self, run: RunFolder | None = None, pile: str | None = None) -> None:
        """Show the Classify screen with a run's model, on a pile of reviews if one is named."""
        self.run_in_view = run or self.run_in_view
        self.pile = pile or self.pile
        self.switch_mode("classify")

    # Actions

    def action_go(self, place: str) -> None:
        """Go to a place."""
        self.switch_mode(place)

    def action_go_to(self) -> None:
        """Offer the five places."""
        from tui.screens.go_to import GoTo

        def go(place: str | None) -> None:
            if place:
                self.switch_mode(place)

        self.push_screen(GoTo(), go)

    def action_help(self) -> None:
        """What this screen is for, and every key that works on it now."""
        from tui.screens.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help.of(self.screen))

    def action_quit_hint(self) -> None:
        """ctrl+c does not end the workbench by accident."""
        self.say("ctrl+q quits. A run goes on without the workbench.")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every live key of the screen, the five places, and Textual's own."""
        for active in screen.active_bindings.values():
            if active.enabled and active.binding.description and active.node is screen:
                action = active.binding.action
                yield SystemCommand(
                    active.binding.description,
                    clean_line(active.binding.tooltip or f"Key {self.get_key_display(active.binding)}"),
                    partial(screen.run_action, action),
                )
        for place, title in PLACES.items():
            yield SystemCommand(f"Go to {title}", "One of the five places", partial(self.switch_mode, place))
        yield from super().get_system_commands(screen)


def _modes() -> dict[str, str | Callable[[], Screen[Any]]]:
    """Screens are imported when they are first shown, so that the first frame waits for one only."""

    def runs() -> Screen[Any]:
        from tui.screens.runs import RunsScreen

        return RunsScreen()

    def data() -> Screen[Any]:
        from tui.screens.data import DataScreen

        return DataScreen()

    def setup() -> Screen[Any]:
        from tui.screens.setup import SetupScreen

        return SetupScreen()

    def train() -> Screen[Any]:
        from tui.screens.train import TrainScreen

        return TrainScreen()

    def classify() -> Screen[Any]:
        from tui.screens.classify import ClassifyScreen

        return ClassifyScreen()

    return {"runs": runs, "data": data, "setup": setup, "train": train, "classify": classify}


Workbench.MODES = _modes()


def sample_folder() -> Path:
    """The reviews shipped with the project."""
    return Path(__file__).resolve().parent.parent / "sample_reviews"
