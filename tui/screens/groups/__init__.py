"""The Groups screen and its parts."""
