"""Compares runs: identical rows, what each model makes of them, what each costs, and a verdict in one sentence.

Which rows are compared decides what may be concluded: `rows` takes those that no model trained on, each text once.
`answers` asks every model about exactly these. `pairs` compares two models, `settings` two groups of seeds.
"""
