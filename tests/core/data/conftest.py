"""Small reviews, their tokens, and what lies beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.data.token_store import TokenStore
from core.data.tokens import encode
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews, read_reviews

ROWS = 40


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(tiny_model, "x")


@pytest.fixture
def reviews(reviews_csv: Callable[..., Path]) -> Reviews:
    return read_reviews(reviews_csv(ROWS))


@pytest.fixture
def direct(reviews: Reviews, tokenizer: Any) -> list[list[int]]:
    return encode(tokenizer, reviews.texts(range(len(reviews))))


def contents(store: TokenStore) -> list[list[int]]:
    return [store[row].tolist() for row in range(len(store))]


def beside(reviews: Reviews) -> list[str]:
    return sorted(name for name in os.listdir(reviews.folder) if "tokens-" in name)
