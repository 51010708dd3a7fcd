"""Runs: one training each, with a folder that tells all of it. Light: nothing here loads a model library."""
