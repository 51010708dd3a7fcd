"""The settings of a run: declarations, presets, the optimizers and the learning-rate schedule, without torch."""
