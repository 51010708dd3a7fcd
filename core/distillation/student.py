"""The model folder that a student begins with: its teacher's, with some of the layers, renumbered.

Files are rewritten, no module is built: this works for every architecture whose weights have a list of layers, and the
folder is loaded like any other model.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.files import private_folder
from core.base.text import clean_line
from core.distillation.layers import CONFIG, LAYER_COUNTS, layers_of

_NOT_COPIED = frozenset((CONFIG, "calibration.json", "model.safetensors.index.json"))
_NUMBER = re.compile(r"\.(\d+)\.")


def write_student(teacher: Path, layers: Sequence[int], folder: Path) -> None:
    """Write the model that a student begins with into `folder`, which is replaced.

    Args:
        teacher: The model folder of the teacher, in Hugging Face form.
        layers: The teacher's layers that it keeps, counted from 1, in ascending order.

    Raises:
        InputError: The teacher's weights have no separate layers (ALBERT), or fewer.
        OSError, SafetensorError: The folder cannot be written.
    """
    from safetensors import safe_open
    from safetensors.torch import save_file

    of = layers_of(teacher)
    if not layers or max(layers) > of:
        raise InputError(f"The model {clean_line(teacher, 160)} has {of} layers, not {max(layers, default=0)}.")
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder)
    place = {old: new for new, old in enumerate(layer - 1 for layer in layers)}
    kept = {}
    files = sorted(teacher.glob("*.safetensors"))
    names: list[str] = []
    for file in files:
        with safe_open(file, framework="pt") as opened:
            names += opened.keys()
    prefix = _list_of_layers(names, of)
    if prefix is None:
        raise InputError(
            f"The model {clean_line(teacher, 160)} has no {of} separate layers, so a student cannot begin with some."
        )
    for file in files:
        with safe_open(file, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 -- not a mapping
                if (renamed := _renamed(name, prefix, place)) is not None:
                    kept[renamed] = opened.get_tensor(name)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    _write_config(teacher / CONFIG, of, place, folder / CONFIG)
    for file in teacher.iterdir():
        if file.suffix in (".json", ".txt", ".model") and file.name not in _NOT_COPIED and not file.is_symlink():
            shutil.copyfile(file, folder / file.name)


def _list_of_layers(names: Iterable[str], count: int) -> str | None:
    """Return what comes before the number in the names of the layers' weights; None if there is no list of `count`."""
    numbers: dict[str, set[int]] = {}
    weights: Counter[str] = Counter()
    for name in names:
        for match in _NUMBER.finditer(name):
            prefix = name[: match.start()]
            numbers.setdefault(prefix, set()).add(int(match[1]))
            weights[prefix] += 1
    found = [prefix for prefix, there in numbers.items() if there == set(range(count))]
    return max(found, key=lambda prefix: (weights[prefix], prefix), default=None)


def _renamed(name: str, prefix: str, place: dict[int, int]) -> str | None:
    """Return what a weight of the teacher is called in the student; None if its layer is not kept."""
    match = _NUMBER.match(name, len(prefix)) if name.startswith(prefix) else None
    if match is None:
        return name
    number = place.get(int(match[1]))
    return f"{prefix}.{number}.{name[match.end() :]}" if number is not None else None


def _write_config(source: Path, of: int, place: dict[int, int], target: Path) -> None:
    """Write the teacher's config for fewer layers; lists with an item for each layer keep those of the layers kept."""
    config: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    for name, value in config.items():
        if name in LAYER_COUNTS and value == of:
            config[name] = len(place)
        elif name == "layer_types" and isinstance(value, list) and len(value) == of:
            config[name] = [value[old] for old in place]
    target.write_text(json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
