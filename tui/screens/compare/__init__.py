"""The Compare screen and its parts."""
