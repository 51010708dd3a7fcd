"""To be written."""

from tui.places import Place


class TrainScreen(Place):
    PLACE = "train"
