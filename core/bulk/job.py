"""What a classification of a source into a file is: all that decides the bytes of the file, as JSON."""

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
    from core.bulk.formats.base import Form
    from core.inference.predictor import Predictor

_FORMAT = 1
_MODEL_FILES = (".json", ".safetensors", ".txt", ".model")
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "pyarrow")
_WORDS = {
    "format": "another version of reviewtui",
    "model": "another model",
    "device": "another device or precision",
    "source": "another file, or of one that has changed since",
    "reading": "a file that was read with other options",
    "output": "other columns",
    "versions": "other versions of the software",
}


@dataclass(frozen=True)
class ChunkSizes:
    """How many reviews are classified and written at once: a pure function of the row that a chunk starts at.

    The first chunk is small, so that there is soon a speed to tell; each is as large as all before it, up to `most`.
    A chunk ends early where its texts have `characters` or more.
    """

    first: int = 128
    most: int = 2048
    characters: int = 8 << 20

    def __call__(self, start: int) -> int:
        """The most reviews of the chunk that starts at row `start`."""
        return min(max(start, self.first), self.most)


def describe_job(
    predictor: Predictor, reviews: Reviews, options: ReadingOptions, form: Form, sizes: ChunkSizes
) -> dict[str, Any]:
    """All that decides the bytes of the output.

    The reviews count as they were stored: texts, files, lines. Device and precision count because their rounding is
    their own, and the sizes of chunks because reviews that are computed together are rounded together.

    Raises:
        ReviewtuiError: a file of the model cannot be read any more.
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
        "output": {"form": form.name, "columns": form.columns, "chunks": asdict(sizes)},
        "versions": {"reviewtui": core.__version__, **{name: _version(name) for name in _PACKAGES}},
    }
    # As it will be read again: no tuples, no halves of surrogate pairs.
    plain: dict[str, Any] = json.loads(json.dumps(job, ensure_ascii=False).encode("utf-8", "replace"))
    return plain


def difference(manifest: Path, job: dict[str, Any]) -> str | None:
    """What the manifest was written of, in words, if not of `job`; None if of `job`."""
    try:
        before = json.loads(manifest.read_bytes())
        changed = [name for name in _WORDS if before.get(name) != job[name]]
    except (OSError, ValueError, AttributeError):
        return _WORDS["format"]
    return _WORDS[changed[0]] if changed else None


def _model_files(folder: Path) -> list[Path]:
    """Weights, configuration and tokenizer; not the card, and nothing that is never loaded."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix in _MODEL_FILES and file.is_file())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
