"""Which layers a student begins with, and which it imitates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.distillation.layers import beginnings, imitated, layers_of

sizes = st.integers(2, 48).flatmap(lambda of: st.tuples(st.just(of), st.integers(1, of - 1)))


def test_known_recipes_come_out() -> None:
    assert beginnings(12, 6) == {"lower": (1, 2, 3, 4, 5, 6), "alternating": (1, 3, 5, 8, 10, 12)}
    assert beginnings(6, 3) == {"lower": (1, 2, 3), "alternating": (1, 3, 6)}
    assert imitated(12, 6) == (2, 4, 6, 8, 10, 12) and imitated(6, 3) == (2, 4, 6)


@given(sizes)
def test_they_are_different_layers_of_the_teacher_in_ascending_order(size: tuple[int, int]) -> None:
    of, kept = size
    found = beginnings(of, kept)
    for layers in (*found.values(), imitated(of, kept)):
        assert len(layers) == kept and list(layers) == sorted(set(layers)) and layers[0] >= 1 and layers[-1] <= of
    assert len(set(found.values())) == len(found) and imitated(of, kept)[-1] == of
    if kept > 1:
        assert list(found.values())[-1][-1] == of


@pytest.mark.parametrize("content", ["", "{", "[]", '{"n_layers": "six"}', '{"num_hidden_layers": 0}', "{}"])
def test_a_config_that_does_not_say_is_a_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match="config of"):
        layers_of(tmp_path)


@pytest.mark.parametrize("name", ["num_hidden_layers", "n_layers", "num_layers"])
def test_every_name_for_it_is_known(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({name: 4}))
    assert layers_of(tmp_path) == 4
