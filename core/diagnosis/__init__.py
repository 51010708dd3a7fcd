"""Diagnosis: what the figures of a run say about it, in sentences, and what to try."""
