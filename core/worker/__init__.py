"""The training worker: one detached process per run."""
