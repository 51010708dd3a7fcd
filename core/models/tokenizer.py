"""Loading the tokenizer of a model folder. It does not import torch, so that token lengths appear within a second."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.models.plain_tokenizer import PlainTokenizer, plain_tokenizer

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")


def load_tokenizer(folder: Path, name: str) -> Any:
    """Return the tokenizer of a model folder; messages call the model `name`.

    Raises:
        InputError: There is none, or it cannot be loaded.
    """
    if not any((folder / file).is_file() for file in ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model")):
        raise InputError(f"The model {clean_line(name, 120)} has no tokenizer; save one next to its weights.")
    try:
        tokenizer = plain_tokenizer(folder) or _from_transformers(folder)
        tokenizer("good")  # some damage shows only with the first text
        padding, max_length = tokenizer.pad_token_id, float(tokenizer.model_max_length)
    except BaseException as error:  # a damaged file makes the library raise anything, even a Rust panic
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError(
            f"The tokenizer of {clean_line(name, 120)} cannot be read: {clean_line(error, 160)}"
        ) from error
    if padding is None:
        raise InputError(f"The tokenizer of {clean_line(name, 120)} has no padding token.")
    if not max_length >= 1:
        raise InputError(f"The tokenizer of {clean_line(name, 120)} has an invalid model_max_length.")
    return tokenizer


def save_tokenizer(tokenizer: Any, folder: Path, max_length: int, truncation_side: str) -> None:
    """Write a tokenizer that cuts a text to `max_length` tokens, on its left or right side, if it is asked to cut."""
    if isinstance(tokenizer, PlainTokenizer):
        tokenizer.save(folder, max_length, truncation_side)
        return
    tokenizer.model_max_length = max_length
    tokenizer.truncation_side = truncation_side
    tokenizer.init_kwargs["truncation_side"] = truncation_side  # the library saves only what it was built with
    tokenizer.save_pretrained(folder)


def _from_transformers(folder: Path) -> Any:
    from transformers import AutoTokenizer

    quiet()
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def quiet() -> None:
    """Turn off the progress bars and warnings of transformers."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
