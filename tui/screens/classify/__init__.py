"""The Classify screen and its parts."""
