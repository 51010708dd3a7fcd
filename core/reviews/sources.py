"""Which files a source is made of: one file, or a folder whose file names say what each is for."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, Field

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.registry import SUFFIXES

_NAMED_FILES = 3
"""How many files of a part a notice names."""
_PART = re.compile(
    r"(?:(train)(?:ing)?|(validation|valid|val|dev)|(test)(?:ing)?|(inbox))(?:set|data|split|reviews)?(?![a-z])",
    re.IGNORECASE,
)
_NOT_REVIEWS = re.compile(
    r"(readme|license|licence|notice|changelog|requirements)\b.*|(dataset_info|dataset_dict|state)\.json", re.IGNORECASE
)


class Sources(BaseModel):
    """The files of a source, by part, each list sorted by name."""

    train: list[Path] = Field(default_factory=list)
    validation: list[Path] = Field(default_factory=list)
    test: list[Path] = Field(default_factory=list)
    inbox: list[Path] = Field(default_factory=list)
    other: list[Path] = Field(default_factory=list)

    def set_apart(self) -> str:
        """Return a sentence that names the files which are not read for training, and why; empty if there are none."""
        reasons = (
            (self.validation, "for validation"),
            (self.test, "a test set"),
            (self.inbox, "an inbox of reviews to classify"),
            (self.other, "not named train"),
        )
        said = [f"{clean_line(file.name, 60)} ({reason})" for files, reason in reasons for file in files[:_NAMED_FILES]]
        more = sum(max(len(files) - _NAMED_FILES, 0) for files, _ in reasons)
        said += [f"{more} more"] * (more > 0)
        return f"Not read for training, by name: {', '.join(said)}; name a file itself to read it." if said else ""


def find_sources(source: str | Path) -> Sources:
    """Return the files of `source`: a file is `train`, and the files of a folder are sorted by their names.

    `train*`, `validation*`, `valid*`, `val*`, `dev*`, `test*` and `inbox*` (in any case) belong to those parts. If no
    file is named `train*`, the remaining files are for training. Subfolders, hidden files, README files and the like,
    and links out of the folder are ignored.

    Raises:
        InputError: There is no such file or folder, or no data file in the folder.
    """
    shown = clean_line(source)
    if not shown:
        raise InputError("No data given; give a file or a folder with reviews.")
    try:
        path = Path(source).expanduser()
        if path.is_file():
            return Sources(train=[_named(path)])
        if not path.is_dir():
            what = "is not a file or folder that can be read" if path.exists() else "does not exist"
            raise InputError(f"{shown} {what}; check the path of the data.")
        inside = path.resolve()
        files = sorted(_named(file) for file in path.iterdir() if _is_data(file, inside))
    except OSError as error:
        raise InputError(f"Cannot read {shown} ({error.strerror or error}); check its permissions.") from error
    except (ValueError, RuntimeError):
        raise InputError(f"{shown} is not a file name; check the path of the data.") from None
    if not files:
        known = ", ".join(SUFFIXES)
        raise InputError(f"The folder {shown} has no data files ({known}); give a folder with reviews, or a file.")
    parts = Sources()
    for file in files:
        _list_of(parts, file).append(file)
    if not parts.train:
        parts.train, parts.other = parts.other, []
    return parts


def _named(file: Path) -> Path:
    """Return `file`, whose name must be valid Unicode: it is written to settings, reports and decisions."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise InputError(f"The name of {clean_line(file)} is not valid UTF-8; rename the file.") from None
    return file


def _is_data(file: Path, inside: Path) -> bool:
    if file.name.startswith(".") or file.suffix.lower() not in SUFFIXES or _NOT_REVIEWS.fullmatch(file.name):
        return False
    return file.is_file() and (not file.is_symlink() or file.resolve().is_relative_to(inside))


def _list_of(parts: Sources, file: Path) -> list[Path]:
    match = _PART.match(file.name)
    if match is None:
        return parts.other
    return (parts.train, parts.validation, parts.test, parts.inbox)[(match.lastindex or 1) - 1]


def absolute_source(source: str) -> str:
    """Return the absolute path of `source` if it is a path that exists; else `source`, a Hugging Face id."""
    try:
        path = Path(source).expanduser()
        return str(path.absolute()) if path.exists() else source
    except (OSError, ValueError, RuntimeError):
        return source
