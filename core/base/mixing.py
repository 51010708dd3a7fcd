"""Numbers spread over all their bits: for orders and hashes that look random, and are the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np


def mixed(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return uint64 numbers spread over all 64 bits by the finalizer of SplitMix64 (Steele 2014), a bijection."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: np.ndarray[Any, Any] = values ^ (values >> np.uint64(31))
    return spread
