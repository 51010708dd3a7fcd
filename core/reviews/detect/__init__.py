"""Which column is the text, which the label, and what the labels mean."""
