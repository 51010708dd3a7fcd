"""The baseline: logistic regression on the output of a frozen encoder, and what fine-tuning gains over it."""
