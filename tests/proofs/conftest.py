"""Proofs use the whole commands and terminals that the end-to-end tests use."""

from __future__ import annotations

from tests.end_to_end.conftest import environment, opened, reviewtui

__all__ = ["environment", "opened", "reviewtui"]
