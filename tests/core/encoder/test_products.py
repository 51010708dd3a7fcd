"""Products computed in parts, and sums over micro-batches, equal those computed at once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.products import Accumulator, FixedLinear, linear, product

DTYPES = st.sampled_from([torch.float32, torch.bfloat16])


@settings(max_examples=60)
@given(
    rows=st.integers(1, 150), inner=st.integers(1, 140), columns=st.integers(1, 130), dtype=DTYPES, biased=st.booleans()
)
def test_a_product_in_column_parts_is_the_whole(
    rows: int, inner: int, columns: int, dtype: torch.dtype, biased: bool
) -> None:
    generator = torch.Generator().manual_seed(rows)
    x, weight, bias = (
        torch.randn(*shape, generator=generator) for shape in ((rows, inner), (inner, columns), (columns,))
    )
    x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
    out = torch.full((rows, columns), float("nan"), dtype=dtype)
    found = product(x, weight, out, bias if biased else None)
    expected = x.double() @ weight.double() + (bias.double() if biased else 0)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-2
    assert found.data_ptr() == out.data_ptr()
    torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance * inner**0.5)
    again = linear(x, weight.t().contiguous(), bias, torch.empty_like(out))
    torch.testing.assert_close(again.double(), x.double() @ weight.double() + bias.double(), rtol=tolerance, atol=0.1)


@pytest.mark.parametrize("narrow", [False, True])
def test_the_first_micro_batch_writes_and_the_others_add(narrow: bool) -> None:
    dtype = torch.bfloat16 if narrow else torch.float32
    accumulate = Accumulator(torch.empty(500, dtype=dtype) if narrow else None)
    generator = torch.Generator().manual_seed(0)
    weight, bias = torch.full((6, 7), float("nan")), torch.full((6,), float("nan"))
    weight, bias = weight.zero_().add_(9), bias.zero_().add_(9)
    expected = torch.zeros(6, 7, dtype=torch.float64), torch.zeros(6, dtype=torch.float64)
    for micro in range(3):
        left, right = (torch.randn(11, n, generator=generator).to(dtype) for n in (6, 7))
        accumulate.first = micro == 0
        accumulate.weight(weight, left, right)
        accumulate.bias(bias, left)
        expected[0].add_(left.double().t() @ right.double())
        expected[1].add_(left.double().sum(0))
    tolerance = 5e-2 if narrow else 1e-5
    torch.testing.assert_close(weight.double(), expected[0], rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(bias.double(), expected[1], rtol=tolerance, atol=tolerance)


@settings(max_examples=40)
@given(
    rows=st.integers(1, 150), inner=st.integers(1, 140), columns=st.integers(1, 130), dtype=DTYPES, gelu=st.booleans()
)
def test_a_weight_that_is_laid_out_once_gives_the_same_product(
    rows: int, inner: int, columns: int, dtype: torch.dtype, gelu: bool
) -> None:
    generator = torch.Generator().manual_seed(columns)
    x, weight, bias = (
        torch.randn(*shape, generator=generator).to(dtype) for shape in ((rows, inner), (columns, inner), (columns,))
    )
    fixed = FixedLinear(weight.t().contiguous().t(), bias, gelu=gelu)
    expected = x.double() @ weight.double().t() + bias.double()
    expected = torch.nn.functional.gelu(expected) if gelu else expected
    tolerance = 1e-5 if dtype == torch.float32 else 1e-2
    torch.testing.assert_close(fixed(x).double(), expected, rtol=tolerance, atol=tolerance * inner**0.5)


@pytest.mark.parametrize("gelu", [False, True])
def test_without_onednn_it_is_torchs_own_product(gelu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    weight, bias, x = torch.randn(5, 7), torch.randn(5), torch.randn(3, 7)
    expected = torch.nn.functional.linear(x, weight, bias)
    expected = torch.nn.functional.gelu(expected) if gelu else expected
    torch.testing.assert_close(FixedLinear(weight, bias, gelu=gelu)(x), expected)
