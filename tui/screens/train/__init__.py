"""The Train screen and its parts."""
