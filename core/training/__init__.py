"""Training: the loop, its steps and evaluations, the loss, micro-batch sizes and checkpoints."""
