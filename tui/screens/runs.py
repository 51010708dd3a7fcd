"""To be written."""

from tui.places import Place


class RunsScreen(Place):
    PLACE = "runs"
