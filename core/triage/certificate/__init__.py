"""Labelling a pile automatically, with a promise about the errors.

`evidence` joins what a person said of random reviews with what a model says of them, `certifying` judges thresholds by
it, and `certificate` is the result as it is kept. `labelling` labels what it covers, and `watching` follows what is
audited on. `answering` brings together what these need. `certificate`, `watching` and `temperatures` load no numpy,
because screens use them.
"""
