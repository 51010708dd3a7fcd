"""The Data screen and its parts."""
