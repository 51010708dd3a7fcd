"""What a model folder must be before anything of it is loaded.

Only safetensors and JSON are read. A folder is refused, by name and with the reason, if its weights are pickles only,
if a config asks for code (`auto_map` and its like), or if the architecture is not one of the encoders below: a config
has been enough to run code before (CVE-2026-4372), so what is not known is not opened.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.clean import clean_line
from core.errors import InputError

ENCODERS = frozenset(
    "albert bert big_bird camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie eurobert fnet "
    "funnel ibert longformer megatron-bert mobilebert modernbert mpnet mra nomic_bert nystromformer rembert roberta "
    "roberta-prelayernorm roc_bert roformer squeezebert xlm-roberta xlm-roberta-xl xmod yoso".split()
)
"""Architectures (`model_type`) with a bidirectional encoder and a sequence-classification head."""

_CODE_KEYS = frozenset(
    "auto_map custom_pipelines quantization_config attn_implementation _attn_implementation "
    "_attn_implementation_internal experts_implementation kernel_config trust_remote_code".split()
)
_CONFIG_BYTES = 8 << 20


def check_model_folder(folder: Path, name: str) -> dict[str, Any]:
    """Refuse a folder that is no encoder in safetensors, or that asks to run code. Returns its config.

    Raises:
        InputError: it is refused; the sentence names the model and the reason.
    """
    shown = clean_line(name, 120)
    if not folder.is_dir():
        raise InputError(f"The model {shown} is a file; give the folder that holds config.json and the weights.")
    if not (folder / "config.json").is_file():
        raise InputError(f"The model {shown} has no config.json; give a folder in Hugging Face format.")
    config = _read_json(folder / "config.json", shown)
    for file in ("config.json", "tokenizer_config.json", "generation_config.json"):
        if (folder / file).is_file():
            asked = _CODE_KEYS.intersection(_keys(_read_json(folder / file, shown)))
            if asked:
                raise InputError(f"The model {shown} is refused: '{min(asked)}' in its {file} can make it run code.")
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in ENCODERS:
        raise InputError(
            f"The model {shown} is a '{clean_line(kind, 40)}'; only encoders of the BERT family can be fine-tuned here."
        )
    if (folder / "adapter_config.json").exists():  # the loader would follow it to a model that nobody looked at
        raise InputError(f"The model {shown} is an adapter of another model; merge it and save the whole.")
    if not any(folder.glob("*.safetensors")):
        pickles = any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pkl"))
        why = "its weights are pickles, which can run code" if pickles else "it has no weights"
        raise InputError(f"The model {shown} is refused: {why}; save it as safetensors.")
    return config


def _read_json(file: Path, shown: str) -> dict[str, Any]:
    try:
        if file.stat().st_size > _CONFIG_BYTES:
            raise ValueError("too large")
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"The model {shown} has an unreadable {file.name}.") from error
    if not isinstance(content, dict):
        raise InputError(f"The model {shown} has an unreadable {file.name}.")
    return content


def _keys(value: Any) -> set[str]:
    """Every key at any depth; a key set to null or false asks for nothing."""
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
