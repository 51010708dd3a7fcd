"""A classification of a source into a file, described by everything that decides the bytes of the file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import core
from core.base.files import sha256_of
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews
from core.reviews.store import KEPT, ROWS

if TYPE_CHECKING:
    from core.bulk.formats.base import AnswerFormat
    from core.inference.predictor import Predictor

_FORMAT = 2
_MODEL_FILES = (".json", ".safetensors", ".txt", ".model")
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "pyarrow")
_WORDS = {
    "format": "another version of reviewtui",
    "model": "another model",
    "device": "another device or precision",
    "source": "another file, or one that has changed since",
    "reading": "a file that was read with other options",
    "output": "a table with other columns",
    "versions": "other versions of the software",
}
"""Key of the description → what it means that it differs."""


@dataclass(frozen=True)
class ChunkSizes:
    """How many reviews are classified and written at a time: a pure function of the first row of a chunk.

    The first chunk is small, so that a speed can be shown soon; each chunk is as large as all before it together, up to
    `largest`. A chunk ends early when its texts have `characters` characters.
    """

    first: int = 128
    largest: int = 2048
    characters: int = 8 << 20

    def __call__(self, start: int) -> int:
        """Return the most reviews in the chunk that starts at row `start`."""
        return min(max(start, self.first), self.largest)


def describe_job(
    predictor: Predictor, reviews: Reviews, options: ReadingOptions, format: AnswerFormat, sizes: ChunkSizes
) -> dict[str, Any]:
    """Return everything that decides the bytes of the output, ready for JSON.

    That includes device and precision, which round differently, and the sizes of chunks, because the rounding of a
    review depends on those computed with it.

    Raises:
        ReviewtuiError: A file of the model can no longer be read.
    """
    report = reviews.report
    stored = [reviews.folder / name for name in (ROWS, KEPT) if (reviews.folder / name).exists()]
    job = {
        "format": _FORMAT,
        "model": {file.name: sha256_of(file) for file in _model_files(predictor.folder)},
        "device": " ".join(str(getattr(predictor, name, "")) for name in ("device", "precision")),
        "source": {
            "files": report.files,
            "rows": len(reviews),
            "left_out": sum(report.left_out.values()),
            "data_hash": report.data_hash,
            "sha256": {file.name: sha256_of(file) for file in stored},
        },
        "reading": options.model_dump(mode="json"),
        "output": {"form": format.name, "columns": format.columns, "chunks": asdict(sizes)},
        "versions": {"reviewtui": core.__version__, **{name: _version(name) for name in _PACKAGES}},
    }
    # As JSON will return it: no tuples, no lone surrogates.
    plain: dict[str, Any] = json.loads(json.dumps(job, ensure_ascii=False).encode("utf-8", "replace"))
    return plain


def difference(manifest: Path, job: dict[str, Any]) -> str | None:
    """Return a description of the job that the manifest was written for; None if it was `job`."""
    try:
        before = json.loads(manifest.read_bytes())
        changed = [name for name in _WORDS if before.get(name) != job[name]]
    except (OSError, ValueError, AttributeError):
        return _WORDS["format"]
    return _WORDS[changed[0]] if changed else None


def _model_files(folder: Path) -> list[Path]:
    """Return weights, configuration and tokenizer, but not the model card or other files that are never loaded."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix in _MODEL_FILES and file.is_file())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
