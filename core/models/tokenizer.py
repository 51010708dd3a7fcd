"""The tokenizer of a model folder. Loads no torch, so that token lengths can be shown within a second."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")


def load_tokenizer(folder: Path, name: str) -> Any:
    """The tokenizer of a model folder.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    from transformers import AutoTokenizer

    quiet()
    if not any((folder / file).is_file() for file in ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model")):
        raise InputError(f"The model {clean_line(name, 120)} has no tokenizer; save one beside its weights.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        tokenizer("good")  # some damage shows with the first text only
        padding, longest = tokenizer.pad_token_id, float(tokenizer.model_max_length)
    except BaseException as error:  # whatever a damaged file makes the library raise, the person hears the same
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # Rust's, of no exception
            raise
        raise InputError(
            f"The tokenizer of {clean_line(name, 120)} cannot be read: {clean_line(error, 160)}"
        ) from error
    if padding is None:
        raise InputError(f"The tokenizer of {clean_line(name, 120)} has no padding token.")
    if not longest >= 1:
        raise InputError(f"The tokenizer of {clean_line(name, 120)} has a model_max_length that is no length.")
    return tokenizer


def quiet() -> None:
    """Keep the library's progress bars and advice out of the output."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
