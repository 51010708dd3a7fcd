"""Triage: what a person said about each review of a pile, kept so that no word of it is lost."""
