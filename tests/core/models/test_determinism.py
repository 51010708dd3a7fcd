"""Deterministic sums: what torch is told, and what happens if it refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from core.base.subprocess_env import CUBLAS_WORKSPACE, child_environment
from core.models.determinism import is_about_order, keep_order, let_order_go


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in CUBLAS_WORKSPACE:
        monkeypatch.delenv(name, raising=False)
    yield
    let_order_go()


def refusal() -> RuntimeError:
    """What torch raises for an operation that is not deterministic."""
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(3).put_(torch.tensor([0]), torch.tensor([1.0]))
    return caught.value


def test_an_operation_without_an_order_is_refused_until_it_is_let_go() -> None:
    keep_order()
    assert is_about_order(refusal())
    let_order_go()
    torch.zeros(3).put_(torch.tensor([0]), torch.tensor([1.0]))


def test_other_failures_are_not_about_order() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2) @ torch.ones(3)
    assert not is_about_order(caught.value)


def test_products_are_told_before_the_first_of_them_unless_the_person_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CUBLAS_WORKSPACE.items() <= child_environment().items()
    keep_order()
    assert CUBLAS_WORKSPACE.items() <= os.environ.items()
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    keep_order()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == child_environment()["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
