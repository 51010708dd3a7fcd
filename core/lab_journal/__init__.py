"""The lab journal: what was tried, expected and found, read from the folders of runs, groups and comparisons alone.

entry.py       what an entry says
stages.py      a run as what it was at first and after each extension
changes.py     what was asked differently, and of which earlier entry
expected.py    hypotheses: what was said at the start, and later
verdicts.py    what a kept comparison says of two runs, and which two the engine can judge
runs.py        entries of runs, branches, extensions and baselines
groups.py      entries of seeds, sweeps, models against each other and distillations
findings.py    what came out of a group, in sentences
journal.py     all entries in order, and those that are about something

Nothing is written but notes and hypotheses. None of this loads numpy or torch; what a model got right is only known to
the engine (`core/comparison/stored_pairs.py`).
"""
