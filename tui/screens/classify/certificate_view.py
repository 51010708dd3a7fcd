"""The certificate of a pile, over the whole screen: how much the model may label, and what is missing for more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import msgspec
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.triage.certificate.certificate import MAX_ERROR
from tui.keys.bindings import bindings
from tui.keys.names import shown
from tui.screens.classify import certificate_lines
from tui.screens.classify.certificate_keys import CERTIFICATE

if TYPE_CHECKING:
    from core.engine.certificate_requests import AutoLabel, AutoLabelled
    from core.triage.certificate.watching import Watch
    from tui.workbench import Workbench

PROMISES = (0.005, 0.01, MAX_ERROR, 0.05, 0.1)
"""Error rates to choose from."""
Progress = Callable[[str, float | None], None]
Judge = Callable[["AutoLabel", Progress], Awaitable["AutoLabelled"]]


@dataclass(frozen=True)
class Wanted:
    """What the user wants done."""

    do: Literal["label", "take back"]
    max_error: float


@dataclass(frozen=True)
class Labelled:
    """How a pile was labelled automatically before."""

    watches: Sequence[Watch] = ()
    """The certificates, the newest first."""
    still: int = 0
    """Reviews that still have such a label."""


class CertificateView(ModalScreen[Wanted | None]):
    """Shows what can be labelled automatically, and returns what to do, or None."""

    DEFAULT_CSS = """
    CertificateView { background: $background; }
    CertificateView > Static { width: 1fr; height: auto; }
    CertificateView > #title { height: 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    CertificateView > #page { height: 1fr; margin-top: 1; }
    CertificateView > #hint { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(CERTIFICATE)
    AGAIN: ClassVar[float] = 1.0
    """Seconds between two questions while the model has not answered about all reviews."""

    def __init__(
        self,
        asked: AutoLabel,
        judge: Judge,
        before: Labelled,
        model_name: str,
        key: Callable[[str], str],
        *,
        blind: bool,
    ) -> None:
        """Create the view.

        Args:
            asked: The pile, the run, and the promise to begin with.
            judge: Asks the engine.
            before: How the pile was labelled before.
            key: Returns the current key of an action.
            blind: Whether blind mode is on.
        """
        super().__init__()
        self._asked, self._judge, self._before = asked, judge, before
        self._model_name, self._key, self._blind = model_name, key, blind
        self._found: AutoLabelled | None = None
        self._problem = self._progress = ""

    def compose(self) -> ComposeResult:
        pile = clean_line(Path(self._asked.source).name, 30)
        model = clean_line(self._model_name, 30)
        title = Content.assemble((" Labelling automatically ", "bold"), f"  {pile} · model {model}")
        yield Static(title, id="title", markup=False)
        yield Static("", id="page", markup=False)
        yield Static("", id="hint", markup=False)

    def on_mount(self) -> None:
        self._draw()
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    def action_label(self) -> None:
        """Label what is certified."""
        if self._found is not None and self._found.labelled:
            self.dismiss(Wanted("label", self._asked.max_error))

    def action_take_back(self) -> None:
        """Make undecided again what a model labelled."""
        if self._before.still:
            self.dismiss(Wanted("take back", self._asked.max_error))

    def action_promise(self, by: int) -> None:
        """Ask for a stricter or a looser promise."""
        near = min(range(len(PROMISES)), key=lambda at: abs(PROMISES[at] - self._asked.max_error))
        chosen = PROMISES[min(max(near + by, 0), len(PROMISES) - 1)]
        if chosen != self._asked.max_error:
            self._asked = msgspec.structs.replace(self._asked, max_error=chosen)
            self._found, self._progress = None, ""
            self._draw()
            self._look()

    @work(exclusive=True, exit_on_error=False, group="judge")
    async def _look(self) -> None:
        """Ask the engine; as long as the model has not answered about all reviews, ask again every second."""
        self._problem = ""
        while self._found is None or (self._found.certificate is None and not self._found.problem):
            try:
                self._found = await self._judge(self._asked, self._say)
            except ReviewtuiError as error:
                self._problem = str(error)
            self._draw()
            if self._problem:
                return
            if self._found is not None and self._found.certificate is None:
                await asyncio.sleep(self.AGAIN)

    def _say(self, what: str, fraction: float | None) -> None:
        self._progress = what if fraction is None else f"{what} {fraction:.0%}"
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        shown = certificate_lines.Shown(
            max_error=self._asked.max_error,
            confidence=self._asked.confidence,
            found=self._found,
            progress=self._progress,
            problem=self._problem,
            watches=self._before.watches,
            still=self._before.still,
            blind=self._blind,
            key=self._shown_key,
        )
        self.query_one("#page", Static).update(certificate_lines.page(shown, self.size.width))
        self.query_one("#hint", Static).update(certificate_lines.hint(shown))

    def _shown_key(self, id: str) -> str:
        """Return the current key of an action of this view, or of the screen below it."""
        own = next((one for one in self.BINDINGS if isinstance(one, Binding) and one.id == id), None)
        if own is None:
            return self._key(id)
        changed = cast("Workbench", self.app).changed_keys.get(id)
        return shown((changed or own.key).split(",")[0])
