"""The checks that a model folder must pass before anything in it is loaded.

Only safetensors and JSON are read. A folder is refused, with its name and the reason, if its weights are only pickles
or do not match their headers; if a config asks for code (`auto_map` and the like), or for other files or classes; if a
file is a link to elsewhere; if its numbers are implausible; or if its architecture is not one of the encoders below. A
config alone has been enough to run code before (CVE-2026-4372), so whatever is not known is not opened.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.models.config_limits import implausible_key, stored_weights

ENCODERS = frozenset(
    "albert bert big_bird camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie eurobert fnet "
    "funnel ibert longformer megatron-bert mobilebert modernbert mpnet mra nomic_bert nystromformer rembert roberta "
    "roberta-prelayernorm roc_bert roformer squeezebert xlm-roberta xlm-roberta-xl xmod yoso".split()
)
"""Architectures (`model_type`) with a bidirectional encoder and a sequence-classification head."""

_TOKENIZERS = frozenset(
    "Albert Barthez Bert Bertweet BigBird Camembert ConvBert Deberta DebertaV2 DistilBert Electra FNet Funnel GPT2 "
    "Herbert Longformer MobileBert MPNet Nystromformer Phobert PreTrained RemBert Roberta RoCBert RoFormer SqueezeBert "
    "XLMRoberta".split()
)
"""Their tokenizer classes, without `Tokenizer` and `Fast`. The library accepts the name of any of its classes, and some
of them load folders or pickles."""

_CODE_KEYS = frozenset(
    "auto_map custom_pipelines quantization_config attn_implementation _attn_implementation "
    "_attn_implementation_internal experts_implementation kernel_config trust_remote_code".split()
)
_FILE_KEYS = frozenset(("transformers_weights", "fast_tokenizer_files"))
"""Keys that name files to load instead of those that are checked here."""
_CONFIGS = ("config.json", "tokenizer_config.json", "generation_config.json")
_CONFIG_BYTES = 8 << 20
_TEXT_BYTES = 64 << 20
"""The largest vocabulary, template, or other file that is read completely."""
_TEXTS = (".json", ".txt", ".model", ".jinja")


def check_model_folder(folder: Path, name: str, *, links: bool = False) -> dict[str, Any]:
    """Check a model folder, and return its config.

    Args:
        name: What messages call the model.
        links: Whether its files may be links to elsewhere.

    Raises:
        InputError: The folder is refused; the message names the model and the reason.
    """
    shown = clean_line(name, 120)
    if not folder.is_dir():
        raise InputError(f"The model {shown} is a file; give the folder that holds config.json and the weights.")
    if not (folder / "config.json").is_file():
        raise InputError(f"The model {shown} has no config.json; give a folder in Hugging Face format.")
    try:
        _check_files(folder, links)
        configs = {file: _read_json(folder / file) for file in _CONFIGS if (folder / file).is_file()}
        config = configs["config.json"]
        for file, content in configs.items():
            _check_requests(file, content)
        _check_architecture(config.get("model_type"))
        _check_weights(folder)
        _check_numbers(config, folder)
    except _RefusedError as refused:
        raise InputError(f"The model {shown} {refused}") from refused.__cause__
    return config


class _RefusedError(Exception):
    """Raised when a folder is refused. The message is the end of a sentence that begins with "The model NAME"."""


def _check_files(folder: Path, links: bool) -> None:
    """Check that no file is a link out of the folder, and none that is read completely is too large."""
    real = folder.resolve()
    inside = [real]
    if real.parent.name == "snapshots" and real.parents[1].name.startswith("models--"):
        inside.append(real.parents[1] / "blobs")  # where the hub's cache keeps the files
    for file in sorted(folder.iterdir()):
        try:
            away = file.is_symlink() and not any(file.resolve().is_relative_to(place) for place in inside)
            size = file.stat().st_size if file.is_file() else 0
        except (OSError, RuntimeError):  # a link to itself
            away, size = True, 0
        if away and not links:
            raise _RefusedError(f"is refused: its {clean_line(file.name, 60)} is a link to elsewhere; copy the file.")
        limit = _CONFIG_BYTES if file.name in _CONFIGS else _TEXT_BYTES
        if size > limit and file.suffix in _TEXTS:
            raise _RefusedError(f"has an unreadable {clean_line(file.name, 60)}.")


def _check_requests(file: str, content: dict[str, Any]) -> None:
    """Check that a config asks for no code, and for no other file or class."""
    keys = _keys(content)
    if asked := _CODE_KEYS & keys:
        raise _RefusedError(f"is refused: '{min(asked)}' in its {file} can make it run code.")
    if asked := _FILE_KEYS & keys:
        raise _RefusedError(f"is refused: '{min(asked)}' in its {file} names other files to load.")
    wanted = content.get("tokenizer_class")
    if wanted is not None and not _is_tokenizer(wanted):
        raise _RefusedError(
            f"is refused: its {file} asks for the tokenizer class '{clean_line(wanted, 40)}', which no encoder uses."
        )


def _is_tokenizer(name: object) -> bool:
    if not isinstance(name, str):
        return False
    plain = name.removesuffix("Fast")
    return plain == "TokenizersBackend" or (
        plain.endswith("Tokenizer") and plain.removesuffix("Tokenizer") in _TOKENIZERS
    )


def _check_architecture(kind: object) -> None:
    if not isinstance(kind, str) or kind not in ENCODERS:
        raise _RefusedError(f"is a '{clean_line(kind, 40)}'; only encoders of the BERT family can be fine-tuned here.")


def _check_weights(folder: Path) -> None:
    """Check that there are weights in safetensors, and that nothing leads the loader to other files."""
    if (folder / "adapter_config.json").exists():  # the loader would follow it to a model that was not checked
        raise _RefusedError("is an adapter of another model; merge it and save the merged model.")
    if not any(folder.glob("*.safetensors")):
        pickles = any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pkl"))
        why = "its weights are pickles, which can run code" if pickles else "it has no weights"
        raise _RefusedError(f"is refused: {why}; save it as safetensors.")
    for index in folder.glob("*.safetensors.index.json"):
        parts = _read_json(index).get("weight_map")
        names = set(parts.values()) if isinstance(parts, dict) and all(map(_is_text, parts.values())) else {""}
        if not all(_is_part(folder, name) for name in names):
            raise _RefusedError(f"is refused: its {clean_line(index.name, 60)} names files that are not its weights.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_part(folder: Path, name: str) -> bool:
    """Return whether `name` is a weight file directly in the folder."""
    return Path(name).name == name and name.endswith(".safetensors") and (folder / name).is_file()


def _check_numbers(config: dict[str, Any], folder: Path) -> None:
    try:
        weights = stored_weights(folder)
    except ValueError as error:
        raise _RefusedError(f"is refused: its {clean_line(error, 160).rstrip('.')}.") from error
    if key := implausible_key(config, weights):
        raise _RefusedError(f"is refused: '{clean_line(key, 40)}' in its config.json does not fit its weights.")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _RefusedError(f"has an unreadable {clean_line(file.name, 60)}.") from error
    if not isinstance(content, dict):
        raise _RefusedError(f"has an unreadable {clean_line(file.name, 60)}.")
    return content


def _keys(value: Any) -> set[str]:
    """Return the keys at any depth, except those set to null, false or another harmless default."""
    found: set[str] = set()
    rest = [value]
    while rest:
        here = rest.pop()
        if isinstance(here, dict):
            found.update(key for key, item in here.items() if item not in (None, False, {}, "eager", "sdpa"))
            rest += here.values()
        elif isinstance(here, list):
            rest += here
    return found
