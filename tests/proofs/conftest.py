"""Proofs use the whole commands and terminals that the end-to-end tests use, and workers that can be killed at will."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import environment, opened, reviewtui
from tests.proofs.workers import Nursery

__all__ = ["environment", "nursery", "opened", "reviewtui"]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()
