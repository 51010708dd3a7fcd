"""What of a model's files decides a forecast: how many weights, and whether they are used where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.forecast.forecast import forecast
from core.forecast.gather import is_mapped
from core.models.config_limits import stored_weights
from tests.core.forecast.test_forecast import changed, facts


@pytest.mark.parametrize(
    ("dtypes", "mapped"),
    [
        ((torch.float32, torch.int64), True),
        ((torch.float16,), False),
        ((torch.bfloat16,), False),
        ((torch.float32, torch.bfloat16), False),
    ],
)
def test_weights_that_are_not_fp32_in_their_file_are_made_in_memory(
    dtypes: tuple[torch.dtype, ...], mapped: bool, tmp_path: Path
) -> None:
    for number, dtype in enumerate(dtypes):
        save_file({"weight": torch.zeros(3, 4, dtype=dtype)}, tmp_path / f"{number}.safetensors")
    assert is_mapped(tmp_path) == mapped
    assert stored_weights(tmp_path) == 12 * len(dtypes)


@pytest.mark.parametrize(
    "changes", [{}, {"freeze_layers": "embeddings"}, {"freeze_layers": 3}, {"freeze_layers": "encoder"}, {"lora": True}]
)
def test_what_does_not_learn_is_counted_where_it_cannot_be_mapped(changes: dict[str, Any]) -> None:
    """In fp32, whatever the file has; of a word table that learns the whole is there beside the words that occur."""
    settings = changed(**changes)
    here, there = (facts(free_bytes=0, mapped=mapped) for mapped in (True, False))
    shape = here.shape
    still = shape.words if not changes else shape.weights - (0 if settings.lora else shape.learning(settings))
    less, more = forecast(here, settings).parts, forecast(there, settings).parts
    assert more.weights - less.weights == 4 * still
    assert more.copies <= less.copies
    assert more.model_dump(exclude={"weights", "copies"}) == less.model_dump(exclude={"weights", "copies"})
