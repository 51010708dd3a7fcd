"""The hash of a model: over everything that decides its answers, but not its card or its calibration.

Reading hundreds of megabytes takes a second, so a hash is kept under `model-hashes/` for as long as none of the files
changes its size or its time.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, sha256_of, write_json

_SUFFIXES = (".json", ".safetensors", ".txt", ".model")
_LEFT_OUT = frozenset(("calibration.json", "generation_config.json"))
"""Files that change no logit."""
_BYTES = 16


def model_hash(folder: Path) -> str:
    """Return the hash of the model in `folder`, 32 hexadecimal digits: of its weights, configuration and tokenizer.

    Raises:
        ReviewtuiError: A file cannot be read, or there is none.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES and file.name not in _LEFT_OUT)
        state = [[file.name, (found := file.stat()).st_size, found.st_mtime_ns, found.st_ino] for file in files]
    except OSError as error:
        raise ReviewtuiError(f"There is no model in {folder} ({error.strerror}).") from error
    if not files:
        raise ReviewtuiError(f"There is no model in {folder}.")
    kept = home() / "model-hashes" / f"{_short(os.fspath(folder.absolute()).encode('utf-8', 'surrogateescape'))}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        before = json.loads(kept.read_bytes())
        if before["state"] == state:
            return str(before["hash"])
    found_hash = _short(json.dumps([[file.name, sha256_of(file)] for file in files]).encode())
    with suppress(ReviewtuiError):  # it is computed again where it cannot be kept
        write_json(private_folder(kept.parent) / kept.name, {"hash": found_hash, "state": state})
    return found_hash


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[: 2 * _BYTES]
