"""The Setup screen and its parts."""
