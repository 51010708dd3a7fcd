"""Training: tokens, batches, loss, optimizer, evaluation, checkpoints, and the loop that reads top to bottom."""
