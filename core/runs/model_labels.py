"""The classes of a run's model, from its configuration, without loading it."""

from __future__ import annotations

import json

from core.runs.folder import RunFolder

_CONFIG_BYTES = 8 << 20


def labels_of_model(run: RunFolder) -> tuple[str, ...]:
    """Return the labels of a run's model in order; empty if it has none, or its configuration does not list them."""
    try:
        with (run.model / "config.json").open("rb") as file:
            names = json.loads(file.read(_CONFIG_BYTES))["id2label"]
        return tuple(str(names[key]) for key in sorted(names, key=int))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
