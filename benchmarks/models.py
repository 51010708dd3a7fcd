"""The models: the starter, and encoders of a given shape with random weights and the starter's tokenizer.

`python -m benchmarks.models SHAPE FOLDER` writes an encoder. It is a command so that the process that starts the
contestants does not load any model library. Random weights do not affect speed, but they make accuracy meaningless, so
only the starter's is reported.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.models.sources import starter_folder

SHAPES: dict[str, dict[str, Any]] = {
    "starter-shape": {
        "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536
    },
    "distilbert-shape": {"dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072},
    "bert-base-shape": {
        "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072
    },
    "small-shape": {
        "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024
    },
    "tiny": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
}  # fmt: skip
"""Sizes of the starter, DistilBERT-base, BERT-base, BERT-small and a tiny model, under the names in their configs."""

_SEED = 0


def encoder(name: str, cache: Path, environment: Mapping[str, str]) -> Path:
    """Return the folder of the starter, or of an encoder in `SHAPES`, which is created unless it is in the cache."""
    if name == "starter":
        return starter_folder()
    folder = cache / "models" / name
    if not folder.is_dir():
        command = [sys.executable, "-m", "benchmarks.models", name, str(folder)]
        subprocess.run(command, check=True, env=dict(environment), stdout=subprocess.DEVNULL)
    return folder


def linear_weights(folder: Path) -> int:
    """Return the weights in the matrix products of all layers: 4 H² in attention and 2 H I in the feed-forward part."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    width = config.get("hidden_size") or config["dim"]
    inner = config.get("intermediate_size") or config["hidden_dim"]
    layers = config.get("num_hidden_layers") or config["n_layers"]
    return int(layers * (4 * width**2 + 2 * width * inner))


def write(shape: Mapping[str, Any], folder: Path, tokenizer_folder: Path) -> None:
    """Write an encoder of `shape` with random weights, and the tokenizer from `tokenizer_folder`."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel, DistilBertConfig, DistilBertModel

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, **shape}
    distil = "dim" in sizes
    config = DistilBertConfig(**sizes, seq_classif_dropout=0.1) if distil else BertConfig(**sizes)
    torch.manual_seed(_SEED)
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    (DistilBertModel if distil else BertModel)(config).save_pretrained(beside)
    tokenizer.save_pretrained(beside)
    beside.rename(folder)


if __name__ == "__main__":
    write(SHAPES[sys.argv[1]], Path(sys.argv[2]), starter_folder())
