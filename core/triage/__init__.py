"""Triage: what the user decided about each review of a pile, kept durably."""
