"""To be written."""

from tui.places import Place


class DataScreen(Place):
    PLACE = "data"
