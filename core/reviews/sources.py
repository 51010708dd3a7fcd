"""Which files a source is made of: one file, or a folder whose names say what each file is for.

Names give three things: the part of the data (train, validation, test, inbox), a label (`pos/0_9.txt`,
`rt-polarity.neg`), and a column (`year=2024/part-0.parquet`). Whatever is decided by a name is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, Field

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.data_names import copies, is_text, listed_files, may_hold_lines, why_not_data
from core.reviews.folders.classes import document_folders
from core.reviews.folders.parallel import labels_of_lines
from core.reviews.folders.part_names import (
    Part,
    classes_by_folder,
    classes_by_name,
    is_class_word,
    paired_parts,
    part_of,
    part_of_path,
    partition_of,
    words_of,
)
from core.reviews.folders.walk import MAX_ENTRIES, walk
from core.reviews.formats.registry import SUFFIXES
from core.reviews.unpacking.kinds import is_archive_name

_NAMED_FILES = 3
"""How many files of a kind a notice names."""
_KNOWN = 8
"""How many suffixes of data files a message names."""
AnyPath = TypeVar("AnyPath", bound=PurePath)
LABEL = "label"
"""The column of the labels that names give."""


class Sources(BaseModel):
    """The files of a source, by part, each list sorted by name. A folder in a list is read as one review per file."""

    train: list[Path] = Field(default_factory=list)
    validation: list[Path] = Field(default_factory=list)
    test: list[Path] = Field(default_factory=list)
    inbox: list[Path] = Field(default_factory=list)
    other: list[Path] = Field(default_factory=list)
    root: Path | None = None
    """The folder they are in; None if the source is a file."""
    columns: dict[Path, dict[str, str]] = Field(default_factory=dict)
    """Columns that the names of files and folders give: file → column → value."""
    labels: dict[Path, Path] = Field(default_factory=dict)
    """Files of texts → the files whose lines are the labels of their lines."""
    left: list[tuple[str, str]] = Field(default_factory=list)
    """What is not read at all, and why."""
    said: list[str] = Field(default_factory=list)
    """What was concluded from names, in sentences."""

    def of(self, part: Part) -> list[Path]:
        """Return the files of a part."""
        files: list[Path] = getattr(self, part)
        return files

    def shown(self, file: Path) -> str:
        """Return the path of a file in the folder, safe to show."""
        inside = self.root is not None and file.is_relative_to(self.root)
        name = file.relative_to(self.root).as_posix() if inside and self.root is not None else file.name
        return clean_line(file.name if name == "." else name, 60)

    def set_apart(self) -> str:
        """Return a sentence that names the files which are not read for training, and why; empty if there are none."""
        reasons = (
            (self.validation, "for validation"),
            (self.test, "a test set"),
            (self.inbox, "an inbox of reviews to classify"),
            (self.other, "not named train"),
        )
        said = _named_few((self.shown(file), reason) for files, reason in reasons for file in files)
        return f"Not read for training, by name: {said}; name a file itself to read it." if said else ""

    def notices(self) -> list[str]:
        """Return what a report should say: what names decided, what is set apart, and what is not read at all."""
        ignored = _named_few((clean_line(name, 60), reason) for name, reason in self.left)
        return [*self.said, *filter(None, [self.set_apart()]), *([f"Not read: {ignored}."] if ignored else [])]


def find_sources(source: str | Path, most: int = MAX_ENTRIES) -> Sources:
    """Return the files of `source`: a file is `train`, and the files of a folder are sorted by their names.

    A file belongs to the part that is a word of its name, or of a folder that it is in. If none is named `train`, the
    files that belong to no part are for training. Sub-folders are entered; beside data files, only those that are named
    for a part, a class or a partition are. Hidden files, README files and the like are ignored; links out of the folder
    are not followed.

    Args:
        most: The most files and folders to look at.

    Raises:
        InputError: There is no such file or folder, or no data file in the folder.
    """
    shown = clean_line(source)
    if not shown:
        raise InputError("No data given; give a file or a folder with reviews.")
    try:
        path = Path(source).expanduser()
        if path.is_file():
            return Sources(train=[_named(path)], said=_other_class(path))
        if not path.is_dir():
            what = "is not a file or folder that can be read" if path.exists() else "does not exist"
            raise InputError(f"{shown} {what}; check the path of the data.")
        return _sources_of(path, most)
    except OSError as error:
        raise InputError(f"Cannot read {shown} ({error.strerror or error}); check its permissions.") from error
    except (ValueError, RuntimeError):
        raise InputError(f"{shown} is not a file name; check the path of the data.") from None


def _sources_of(root: Path, most: int) -> Sources:
    tree = walk(root, most)
    found = Sources(root=root, left=tree.left)
    listed = listed_files(root, tree.files)
    files: list[PurePosixPath] = []
    for file in tree.files:
        if (reason := why_not_data(file.name)) is not None:
            found.left += [(str(file), reason)] * bool(reason)
        elif file.name not in listed.get(file.parent, (file.name,)):
            found.left.append((str(file), "a cache, not the data"))
        else:
            files.append(file)
    for file in files:
        _named(file)
    if _is_model({file.name for file in tree.files}):
        raise InputError(
            f"The folder {clean_line(root)} holds a model, not reviews; give a folder with reviews, or a file."
        )
    if any(part == "_delta_log" for file in tree.files for part in file.parts):
        raise InputError(
            f"{clean_line(root)} is a Delta Lake table, whose files may hold deleted rows; export it as Parquet."
        )
    if not files:
        files = [file for file in _other_texts(tree.files) if is_text(root / file)]
        found.left = [(name, reason) for name, reason in found.left if PurePosixPath(name) not in files]
    if not files:
        raise InputError(_nothing(root, [file.name for file in tree.files], tree.left))
    documents = document_folders(root, files)
    if documents:
        _add_documents(found, root, files, documents)
    else:
        _add_files(found, root, _chosen(found, files))
    if not found.train:
        found.train, found.other = found.other, []
    _prefer_reviews(found)
    return found


def _other_texts(files: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Return the files that may be texts with reviews, by their names, for a folder where no suffix says so."""
    folders: dict[PurePosixPath, list[str]] = defaultdict(list)
    for file in files:
        folders[file.parent].append(file.name)
    classes = {folder: classes_by_name(names) for folder, names in folders.items()}
    return [file for file in files if may_hold_lines(file.name) or file.name in classes[file.parent]]


def _add_documents(
    found: Sources, root: Path, files: Sequence[PurePosixPath], documents: dict[PurePosixPath, str | None]
) -> None:
    """Add folders of reviews to their parts, and leave all other files."""
    for folder, label in sorted(documents.items()):
        path = _named(root / folder)
        _list_of(found, part_of_path(folder.parts)).append(path)
        found.columns[path] = _partitions(folder.parts) | ({} if label is None else {LABEL: label})
    found.left += [(str(file), "beside folders of reviews") for file in files if file.parent not in documents]
    label = "; its label is the name of the folder" if any(documents.values()) else ""
    found.said.append(f"Each .txt file is one review{label}. The line of a review is its number, in order of names.")


def _add_files(found: Sources, root: Path, files: Sequence[PurePosixPath]) -> None:
    """Add files to their parts, with the columns that their names give."""
    folders: dict[PurePosixPath, list[str]] = defaultdict(list)
    for file in files:
        folders[file.parent].append(file.name)
    pairs = {folder: paired_parts(names) for folder, names in folders.items()}
    classes = {folder: classes_by_name(names) for folder, names in folders.items()}
    homes = classes_by_folder(list(folders))
    files = _without_labels_of_lines(found, root, files)
    for file in files:
        path = root / file
        part = part_of_path(file.parts) or pairs[file.parent].get(file.name)
        _list_of(found, part).append(path)
        label = classes[file.parent].get(file.name) or homes.get(file.parent)
        columns = _partitions(file.parts[:-1]) | ({} if label is None else {LABEL: label})
        if columns:
            found.columns[path] = columns
    keys = sorted({key for file in files for key in _partitions(file.parts[:-1])})
    if keys:
        named = ", ".join(f"“{clean_line(key, 40)}”" for key in keys)
        found.said.append(f"The names of the folders give the column{'s' * (len(keys) > 1)} {named}.")
    lines = [file for file in files if file.suffix.casefold() == ".txt"]
    if len(lines) > 1 and not any(classes.values()):
        found.said.append("Each line of a .txt file is one review, unless the file is a table.")
    if any(classes.values()):
        named = ", ".join(clean_line(name, 40) for names in classes.values() for name in sorted(names)[:_NAMED_FILES])
        found.said.append(f"Files without a column “{LABEL}” are labelled by their names ({named}).")
    if homes:
        named = ", ".join(sorted({clean_line(name, 40) for name in homes.values()})[:_NAMED_FILES])
        found.said.append(f"Files without a column “{LABEL}” are labelled by their folders ({named}).")


def _without_labels_of_lines(found: Sources, root: Path, files: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Note which files hold the labels of the lines of others, and return the others."""
    pairs = labels_of_lines(root, files)
    found.labels = {root / texts: root / labels[0] for texts, labels in pairs.items()}
    found.left += [(str(file), "other labels of the same lines") for labels in pairs.values() for file in labels[1:]]
    if pairs:
        said = [f"{found.shown(root / texts)} in {found.shown(root / labels[0])}" for texts, labels in pairs.items()]
        more = f" and {len(said) - _NAMED_FILES} more" if len(said) > _NAMED_FILES else ""
        found.said.append(f"Labels are read, line by line, of {', '.join(said[:_NAMED_FILES])}{more}.")
    beside = {file for labels in pairs.values() for file in labels}
    return [file for file in files if file not in beside]


def _chosen(found: Sources, files: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Return the files to use: no copies in other formats, no archives or unrelated folders beside data files."""
    same = copies(files)
    found.left += [(str(file), f"named like {other.name}") for file, other in sorted(same.items())]
    kept = [file for file in files if file not in same]
    homes = {file.parent for file in kept if not is_archive_name(file.name)}
    chosen = []
    for file in kept:
        if is_archive_name(file.name) and file.parent in homes and part_of(file.name) is None:
            found.left.append((str(file), "an archive beside files"))
        elif any(_is_aside(file, home) for home in homes):
            found.left.append((str(file), "in a sub-folder beside files"))
        else:
            chosen.append(file)
    return chosen


def _is_aside(file: PurePosixPath, home: PurePosixPath) -> bool:
    """Return whether `file` is below `home`, in a folder whose name is neither a part nor a partition."""
    if file.parent == home or not file.is_relative_to(home):
        return False
    below = file.relative_to(home).parts[0]
    return part_of(below) is None and partition_of(below) is None


def _prefer_reviews(found: Sources) -> None:
    """Of files for training with and without "review" in their names, keep those with it."""
    named = [file for file in found.train if {"review", "reviews"} & set(words_of(file.name))]
    if named and len(named) < len(found.train) and not any(found.columns.get(file) for file in found.train):
        rest = [file for file in found.train if file not in named]
        found.left += [(found.shown(file), "not named reviews, unlike others") for file in rest]
        found.train = named


def _partitions(folders: Iterable[str]) -> dict[str, str]:
    return dict(filter(None, map(partition_of, folders)))


def _is_text(name: str) -> bool:
    suffix = PurePosixPath(name).suffix.casefold()
    return suffix == ".txt" or is_class_word(suffix[1:])


def _other_class(path: Path) -> list[str]:
    """Return a notice if the name of a file is that of a class, and another file beside it has the other class."""
    if not is_class_word(path.suffix[1:]) and not any(map(is_class_word, words_of(path.stem))):
        return []
    beside = [one.name for one in path.parent.iterdir() if _is_text(one.name) and not one.name.startswith(".")]
    classes = classes_by_name(beside)
    others = sorted(name for name in classes if name != path.name)
    if path.name not in classes or not others:
        return []
    return [f"The reviews of other classes are in {clean_line(others[0], 60)}; give the folder to read both."]


def _is_model(names: set[str]) -> bool:
    return "config.json" in names and bool({"model.safetensors", "pytorch_model.bin", "tokenizer_config.json"} & names)


def _nothing(root: Path, names: Sequence[str], left: Sequence[tuple[str, str]]) -> str:
    shown = clean_line(root)
    if left:
        name, reason = left[0]
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        return f"The folder {shown} has no data files: {clean_line(name, 60)} is {reason}{more}; give a file itself."
    if names:
        held = f"{clean_line(names[0], 40)}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        known = ", ".join((*list(SUFFIXES)[:_KNOWN], "…"))
        return f"The folder {shown} has no data files ({known}), only {held}; give a folder with reviews, or a file."
    return f"The folder {shown} has no data files: it is empty; give a folder with reviews, or a file."


def _named(file: AnyPath) -> AnyPath:
    """Return `file`, whose name must be valid Unicode: it is written to settings, reports and decisions."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise InputError(f"The name of {clean_line(file)} is not valid UTF-8; rename the file.") from None
    return file


def _list_of(found: Sources, part: Part | None) -> list[Path]:
    return found.other if part is None else found.of(part)


def _named_few(reasons: Iterable[tuple[str, str]]) -> str:
    """Return `name (reason)` for the first few of each reason, and how many more there are."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, reason in reasons:
        groups[reason].append(name)
    said = [f"{name} ({reason})" for reason, names in groups.items() for name in names[:_NAMED_FILES]]
    more = sum(max(len(names) - _NAMED_FILES, 0) for names in groups.values())
    return ", ".join(said + [f"{more} more"] * (more > 0))


def absolute_source(source: str) -> str:
    """Return the absolute path of `source` if it is a path that exists; else `source`, a Hugging Face id."""
    try:
        path = Path(source).expanduser()
        return str(path.absolute()) if path.exists() else source
    except (OSError, ValueError, RuntimeError):
        return source
