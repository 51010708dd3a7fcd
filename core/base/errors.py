"""The errors that a person is meant to read: one plain sentence that says what to do, and an exit status."""

from __future__ import annotations


class ReviewtuiError(Exception):
    """Something failed. `str(error)` is the sentence shown; exit status 1."""

    exit_code = 1


class InputError(ReviewtuiError):
    """What the person gave cannot be used: wrong usage or unreadable input; exit status 2."""

    exit_code = 2
