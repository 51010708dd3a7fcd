"""What padding costs: nothing where there is none, more where there is more, and said to be measured only if it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.data.length_report import Padding
from core.forecast.padding import padding_cost
from tests.core.forecast.test_forecast import changed, facts


def padding(share: float, squares: float = 1.0) -> Padding:
    return Padding(batch_size=32, to_longest=0.9, random=0.6, by_length=share, squares=squares)


@given(st.floats(0, 0.9), st.floats(0, 0.9), st.sampled_from([{}, {"lora": True}, {"freeze_layers": 3}]))
def test_more_padding_costs_more_and_none_nothing(one: float, other: float, changes: dict[str, object]) -> None:
    low, high = sorted((one, other))
    settings = changed(**changes)
    costs = [padding_cost(facts(), settings, padding(share)).by_length for share in (0.0, low, high)]
    assert 0 == costs[0] <= costs[1] <= costs[2]
    assert padding_cost(facts(), settings, padding(low, 2.0)).by_length > costs[1]


def test_the_path_and_what_is_measured_are_said() -> None:
    native, lora = (padding_cost(facts(), changed(lora=lora), padding(0.2)) for lora in (False, True))
    assert (native.native, lora.native) == (True, False) and native.measured and lora.measured
    assert not padding_cost(facts(calibrations={}), changed(lora=True), padding(0.2)).measured


def test_the_way_batches_are_formed_decides_what_padding_costs() -> None:
    cost = padding_cost(facts(), changed(lora=True), padding(0.2))
    assert 0 < cost.by_length < cost.random < cost.to_longest and cost.epoch > 0
    assert padding_cost(facts(), changed(max_length=16), padding(0.2)).epoch < cost.epoch
