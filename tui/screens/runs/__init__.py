"""The Runs screen and its parts."""
