"""Settings in the command palette: "learning rate" leads to its row on Setup."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import Hit, Hits, Provider

if TYPE_CHECKING:
    from core.settings.declarations import Declaration
    from tui.workbench import Workbench


class SettingCommands(Provider):
    """One command for every setting."""

    _declared: list[Declaration]

    async def startup(self) -> None:
        """Load the declarations in advance, so that no key has to wait for pydantic."""

        def load() -> list[Declaration]:
            from core.settings.schema import describe

            return list(describe())

        self._declared = await asyncio.to_thread(load)

    async def search(self, query: str) -> Hits:
        """Settings whose title or name matches."""
        matcher = self.matcher(query)
        show = cast("Workbench", self.app).open_setting
        for declaration in self._declared:
            text = f"Setting: {declaration.title} ({declaration.name})"
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), partial(show, declaration.name), text, declaration.help)
