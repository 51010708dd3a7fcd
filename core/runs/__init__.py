"""Runs. Each is one training with its own folder, which holds everything about it. Nothing here loads torch."""
