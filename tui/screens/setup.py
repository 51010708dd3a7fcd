"""To be written."""

from tui.places import Place


class SetupScreen(Place):
    PLACE = "setup"
