"""The training process: one per run, detached."""
