"""Errors that are shown to the user: one plain sentence that says what to do, and an exit status."""

from __future__ import annotations


class ReviewtuiError(Exception):
    """Raised when something fails. `str(error)` is the sentence to show; exit status 1."""

    exit_code = 1


class InputError(ReviewtuiError):
    """Raised for wrong usage and unreadable input; exit status 2."""

    exit_code = 2
