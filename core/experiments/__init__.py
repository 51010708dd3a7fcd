"""Experiments: groups of runs that are planned, one after the other, to answer one question."""
