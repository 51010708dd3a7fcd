"""Detection: which column is the text, which is the label, and what the labels mean."""
