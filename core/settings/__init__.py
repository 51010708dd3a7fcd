"""The settings, declared once; presets; the learning-rate schedule."""
