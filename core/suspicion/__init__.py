"""Suspicions: labelled reviews whose label is probably wrong, and labelled files in which they are corrected."""
