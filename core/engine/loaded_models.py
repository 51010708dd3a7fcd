"""The models and the tokenizer that the engine holds in memory, and how many threads they get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError

if TYPE_CHECKING:
    from core.inference.predictor import Predictor

Progress = Callable[[str, float | None], None]


def model_folder(folder: str | None, model: str | None) -> Path:
    """Return the folder of the model that a request names: `model`, an id or a folder, or the `folder` of a run."""
    if model is not None:
        from core.models.sources import resolve_model

        return resolve_model(model).folder
    if folder is None:
        raise InputError("Name a model or the folder of one.")
    return Path(folder)


_tokenizers: dict[tuple[str, int], Any] = {}


def tokenizer_in(folder: Path) -> Any:
    """Return the tokenizer in `folder`, cached until the folder is rewritten. Only the last one is kept."""
    from core.models.tokenizer import load_tokenizer

    config = folder / "config.json"
    if not config.is_file():
        raise InputError("This run has no model yet; let it finish, or stop and save it.")
    key = (str(folder), config.stat().st_mtime_ns)
    if key not in _tokenizers:
        _tokenizers.clear()
        _tokenizers[key] = load_tokenizer(folder, folder.name)
    return _tokenizers[key]


_loaded: dict[tuple[str, int, str], Predictor] = {}


def predictor_in(folder: Path, precision: str, progress: Progress, beside: Sequence[str] = ()) -> Predictor:
    """Return the model in `folder`, cached until the folder is rewritten.

    Only the last model is kept, and those `beside` it: folders that the same request names.
    """
    config = folder / "config.json"
    if not config.is_file():
        raise InputError("This run has no model yet; let it finish, or stop and save it.")
    key = (str(folder), config.stat().st_mtime_ns, precision)
    for other in [other for other in _loaded if other != key and other[0] not in beside]:
        del _loaded[other]
    if key not in _loaded:
        progress("loading the model", None)
        from core.inference.predictor import Predictor

        _loaded[key] = Predictor(folder, precision=precision)
    share_processors()
    return _loaded[key]


def share_processors() -> None:
    """Use half of the threads while a run is training, otherwise all."""
    import torch

    from core.runs.active import is_training

    threads = _threads()
    torch.set_num_threads(max(threads // 2, 1) if is_training() else threads)


@cache
def _threads() -> int:
    """Return how many threads torch uses, by default or by the user's choice."""
    import torch

    return torch.get_num_threads()
