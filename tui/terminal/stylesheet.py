"""Styles that are parsed once: Textual parses every source anew when a screen is first shown or the theme is set."""

from __future__ import annotations

from typing import Any

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

_THEMES, _SOURCES = 4, 512
_parsed: LRUCache[frozenset[tuple[str, str]], LRUCache[tuple[Any, ...], Any]] = LRUCache(_THEMES)
"""By the variables of a theme: what each source was parsed into. Rules are never changed, so all apps share them."""


class RememberingStylesheet(Stylesheet):
    """A stylesheet that parses no source twice with the same variables."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._remember()

    def set_variables(self, variables: dict[str, str]) -> None:
        """See `Stylesheet.set_variables`, which would forget the rules of the theme before."""
        self._parse_cache = LRUCache(1)
        super().set_variables(variables)
        self._remember()

    def reparse(self) -> None:
        """Put the rules of all sources together. Those before stay if one is wrong."""
        self.parse()

    def _remember(self) -> None:
        key = frozenset(self._variables.items())
        if (known := _parsed.get(key)) is None:
            known = _parsed[key] = LRUCache(_SOURCES)
        self._parse_cache = known
