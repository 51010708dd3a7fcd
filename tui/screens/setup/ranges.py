"""The range that is proposed for a setting that is to vary, in the words of `sweep --space`; the user edits it.

A choice takes all its values, a whole number steps from half to double, a small number spans a decade. Where the value
is a word (`auto`, `none`), a few usual values stand in its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from core.base.errors import InputError
from core.planning.model_shape import ModelShape
from core.settings.declarations import Declaration
from core.settings.optimizers import USUAL_WIDTH, rate_of
from core.settings.schema import Settings
from tui.form_values import as_typed

_DECADE_BELOW = 0.05
"""Numbers above zero and below this are spread over a decade, by factors."""
_USUAL = {
    "dropout": ("none", "0.2", "0.3"),
    "max_steps": ("none", "100", "200"),
    "micro_batch_size": ("auto", "4", "8"),
    "momentum": ("0", "0.9"),
    "label_smoothing": ("0", "0.1"),
    "layer_decay": ("0.9", "0.95", "1"),
    "evaluate_every": ("none", "50", "100"),
    "early_stopping_patience": ("none", "2", "4"),
    "device": ("auto", "cpu"),
}
"""Values of settings of which half and double say little, or that are words."""
_MODELS = ("distilbert-base-uncased", "bert-base-uncased")
_USUAL_LAYERS = 6
_SEEDS = 3


def proposed(declaration: Declaration, base: Settings, shape: ModelShape | None = None) -> str:
    """Return a range to begin with.

    Args:
        declaration: Of the setting that is to vary.
        base: The settings that it varies from.
        shape: The shape of the model; None if it is not known yet.
    """
    name, value = declaration.name, getattr(base, declaration.name)
    if name == "model":
        return ",".join(dict.fromkeys([*([] if value == "auto" else [value]), *_MODELS][:2]))
    if name == "seed":
        return ",".join(str(value + more) for more in range(_SEEDS))
    if name == "learning_rate":
        rate = rate_of(base, shape.hidden_size if shape is not None else USUAL_WIDTH)
        return _decade(rate) if rate <= _DECADE_BELOW else _numbers(declaration, base, rate)
    if name == "freeze_layers":
        layers = shape.layers if shape is not None else _USUAL_LAYERS
        thirds = (str(max(layers * part // 3, 1)) for part in (1, 2))
        return _values(declaration, base, dict.fromkeys(["none", *thirds]))
    if declaration.kind == "switch":
        return _values(declaration, base, ("false", "true"))
    if declaration.kind == "choice":
        return _values(declaration, base, declaration.choices)
    if name in _USUAL or not isinstance(value, int | float):
        usual = _USUAL.get(name, (as_typed(value),))
        return _values(declaration, base, usual if as_typed(value) in usual else (*usual, as_typed(value)))
    return _numbers(declaration, base, value)


def _values(declaration: Declaration, base: Settings, values: Iterable[str]) -> str:
    """Return a list of those values that fit the other settings; of all, if they are fewer than two."""
    every = list(values)
    fitting = [value for value in every if _fits(declaration, base, value)]
    return ",".join(fitting if len(fitting) > 1 else every)


def _numbers(declaration: Declaration, base: Settings, value: float) -> str:
    """Return a range from half of a number to its double, as far as the setting takes them."""
    if declaration.kind == "whole number":
        step = max(round(value) // 2, 1)
        grid = [round(value) + step * times for times in (-1, 0, 1, 2)]
        allowed = [number for number in grid if _fits(declaration, base, number)] or grid
        return f"{allowed[0]}..{allowed[-1]}{f':{step}' if step > 1 else ''}"
    if value == 0:
        return "0..0.1"
    if value < _DECADE_BELOW:
        return _decade(value)
    high = next((high for high in (2 * value, math.ceil(value)) if _fits(declaration, base, high)), value)
    return f"{_number(value / 2)}..{_number(high)}"


def _decade(value: float) -> str:
    """Return a factor of about three in either direction, with round ends."""
    return f"{_number(float(f'{value / math.sqrt(10):.0e}'))}..{_number(float(f'{value * math.sqrt(10):.0e}'))}:log"


def _number(value: float) -> str:
    """Return a number as people write it: `0.05`, `2e-5`."""
    if 0 < value < 1e-3:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:.6g}"


def _fits(declaration: Declaration, base: Settings, value: object) -> bool:
    try:
        base.changed({declaration.name: value})
    except InputError:
        return False
    return True
