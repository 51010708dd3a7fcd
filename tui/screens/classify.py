"""To be written."""

from tui.places import Place


class ClassifyScreen(Place):
    PLACE = "classify"
