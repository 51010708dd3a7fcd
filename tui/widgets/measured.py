"""`Measured`: a widget whose size follows its content, however often that changes between two layouts."""

from __future__ import annotations

from typing import Any, Self

from textual.geometry import Region
from textual.widget import Widget


class Measured(Widget):
    """A widget that is measured again after every change that asks for it.

    Textual keeps the measured size of a widget under the number of its changes, but does not count those between a
    change and the widget's next turn. If the screen is laid out in between, as under load it may be, the size of the
    first change is kept for the second, whose last line is then cut off.
    """

    def refresh(self, *regions: Region, layout: bool = False, **how: Any) -> Self:
        """See `Widget.refresh`."""
        if layout and self._layout_required:
            self._layout_updates += 1
        return super().refresh(*regions, layout=layout, **how)
