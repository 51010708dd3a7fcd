"""Tells what happens to runs, once asked: which events there are, who was told, and the user's own command."""
