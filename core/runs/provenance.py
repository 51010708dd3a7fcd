"""provenance.json: everything besides the settings that affects the outcome of a run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.base.files import write_json


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that a worker records before its first step."""

    versions: dict[str, str]
    """Package → version."""
    machine: str
    cpu_capability: str
    device: str
    device_name: str | None
    """The name of the GPU; None on a CPU."""
    precision: str
    path: str
    """The path that computes the model: native or transformers."""
    path_why: str
    micro_batch_tokens: int
    """The requested tokens per micro-batch, before any change for lack of memory."""
    threads: int
    settings_sha256: str
    """Hash of all settings except those that only decide when a run ends and how often it is saved."""
    data: str
    data_hash: str
    validation: str | None
    validation_hash: str
    model: str
    weights_sha256: str
    """Hash of the weights that the run began with."""
    tokenizer_sha256: str
    labels: tuple[str, ...]
    train_rows: dict[str, int]
    """Label → number of training rows."""
    validation_rows: dict[str, int]
    """Label → number of validation rows."""
    validation_sha256: str = ""
    """Hash of the texts and labels of the validation rows, in their order; empty in a run of an earlier version."""


_DECIDES_THE_BITS = {
    "settings_sha256": "a setting",
    "data_hash": "the training data",
    "validation_hash": "the validation data",
    "weights_sha256": "the model's weights",
    "tokenizer_sha256": "the tokenizer",
    "versions": "a library",
    "device": "the device",
    "device_name": "the GPU",
    "threads": "the number of threads",
    "cpu_capability": "the processor",
}
"""Field → its name in messages, for what must not change if a resumed run is to equal an uninterrupted one."""


def read_provenance(file: Path) -> Provenance | None:
    """Return the provenance that an earlier worker of the run wrote; None if it is missing or unreadable."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Provenance)
    except (OSError, ValueError, RecursionError):
        return None


def write_provenance(file: Path, provenance: Provenance) -> None:
    """Replace a run's provenance.json."""
    write_json(file, msgspec.to_builtins(provenance))


def differences(earlier: Provenance | None, now: Provenance) -> list[str]:
    """Return a message for each change since then that keeps a resumed run from equalling an uninterrupted one."""
    if earlier is None:
        return ["provenance.json is missing or damaged: it is unknown whether anything changed since the checkpoint."]
    changed = [words for name, words in _DECIDES_THE_BITS.items() if getattr(earlier, name) != getattr(now, name)]
    return [
        f"Since the checkpoint {words} changed, so the run can differ from an uninterrupted one." for words in changed
    ]
