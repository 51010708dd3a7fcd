"""Finished models at work: predictions, figures, explanations."""
