"""Opening the files of a source as tables; what is packed is unpacked first.

An archive is a folder: its members belong to parts by their names. Reports and messages call a member
`reviews.zip › train.csv`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.data_names import KEEPS_ORDER, may_hold_lines, why_not_data
from core.reviews.folders.part_names import Part
from core.reviews.formats.documents import DocumentsTable
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.labels_beside import LabelsBeside
from core.reviews.formats.model_labels import without_model_labels
from core.reviews.formats.part_column import only_part
from core.reviews.formats.registry import HOLD_SEVERAL, SUFFIXES, open_table
from core.reviews.formats.table import INSIDE, Table
from core.reviews.formats.widened import widened
from core.reviews.heads import Heads
from core.reviews.input import Input
from core.reviews.options import ReadingOptions
from core.reviews.sources import LABEL, Sources, find_sources
from core.reviews.unpacking.kinds import unpacked_name
from core.reviews.unpacking.unpack import Unpacked, packing_to_undo, unpack
from core.reviews.unpacking.workspace import Workspace, sweep_workspaces, workspace

_MAX_NESTING = 3


@dataclass
class _Item:
    """A file to open, or a folder of reviews."""

    path: Path
    name: str
    columns: dict[str, str] = field(default_factory=dict)
    decided: bool = True
    """Whether names say that it is of the part to read; otherwise its members or rows must."""
    nesting: int = 0
    labels: Path | None = None
    """The file whose lines are the labels of the lines of this one."""
    chosen: bool = False
    """Whether `--table` has chosen it, and has no more to choose."""


@contextmanager
def opened(
    source: str,
    sources: Sources,
    part: Part,
    options: ReadingOptions,
    progress: Callable[[float], None],
    by_column: bool = True,
    heads: Heads | None = None,
) -> Iterator[Input]:
    """Yield the files of a part of `sources` as tables.

    Args:
        source: What messages call the source.
        progress: Called while packed files are unpacked, with the share of them that has been read.
        by_column: Whether only rows of the part are read, if a column says what rows are for.
        heads: What takes the beginnings of a few files, if no more is wanted.

    Raises:
        InputError: A file cannot be read, or nothing is of the part.
        OSError: A file cannot be opened.
    """
    sweep_workspaces()
    named = sources.of(part)
    items = [
        _Item(file, storable(file), sources.columns.get(file, {}), bool(named), labels=sources.labels.get(file))
        for file in named or sources.train
    ]
    if heads is not None:
        items = heads.chosen(items)
    with ExitStack() as stack:
        size = sum(item.path.stat().st_size for item in items)
        opener = _Opener(part, options, stack, size, progress, None if heads is None else heads.most)
        items = [one for item in items for one in opener.unpacked(item)]
        if heads is not None:
            items = [replace(item, path=heads.of(item.path)) for item in heads.chosen(items)]
        given = Input(source, [], [], notices_of(sources, part) + opener.notices, parts=opener.parts)
        opener.add_parts(sources)
        for item in items:
            table = _open(item, options) if heads is None else heads.table(_open(item, options))
            if by_column and (part == "train" or not item.decided):
                of_part = only_part(table, part, given.parts)
                if of_part is None and not item.decided:
                    continue
                table = of_part or table
            if options.label != "" and not options.model_labels:
                table = without_model_labels(table, part)
            given.tables.append(table)
            given.weights.append(item.path.stat().st_size)
        if not given.tables:
            raise InputError(f"{clean_line(source)} has nothing for {part}; name a file itself to read it.")
        yield given


class _Opener:
    """Unpacks files, if any are packed, into one workspace."""

    def __init__(
        self,
        part: Part,
        options: ReadingOptions,
        stack: ExitStack,
        total: int,
        progress: Callable[[float], None],
        most: int | None,
    ) -> None:
        """Args: most: Bytes of each packed file to unpack; None for all."""
        self.notices: list[str] = []
        self.parts: dict[str, list[str]] = {}
        """The files of other parts."""
        self._part, self._options, self._stack = part, options, stack
        self._total, self._progress, self._most = max(total, 1), progress, most
        self._space: Workspace | None = None
        self._read = 0

    def unpacked(self, item: _Item) -> list[_Item]:
        """Return what to open in place of `item`: itself if it is not packed, or what it contains."""
        packing = None if item.path.is_dir() else packing_to_undo(item.path, item.name)
        if packing is None:
            return [item]
        if item.nesting >= _MAX_NESTING:
            raise InputError(f"{clean_line(item.name)} is packed more than {_MAX_NESTING} times; unpack it yourself.")
        wanted = None if item.chosen else self._options.table
        found = unpack(item.path, packing, item.name, lambda member: _why_not(member, wanted), self._workspace())
        if not found.is_archive:
            return self.unpacked(replace(item, path=found.path, nesting=item.nesting + 1))
        return [one for inner in self._members(item, found, wanted) for one in self.unpacked(inner)]

    def _members(self, item: _Item, found: Unpacked, wanted: str | None) -> list[_Item]:
        """Return the members of an archive to read: the one that is wanted by name, or those of the part."""
        if wanted is not None:
            named = [file for file in found.files if _is_named(file, wanted)]
            if len(named) > 1:
                listed = ", ".join(clean_line(file, 60) for file in named[:5])
                raise InputError(
                    f"{clean_line(item.name)} has several files of that name ({listed}); give the folder, too, as in "
                    f"--table {clean_line(named[0], 60)}."
                )
            if named:
                chosen = self._item(item, found, found.path / named[0], Sources(), item.decided)
                chosen.chosen = True
                return [chosen]
            if not any(
                SUFFIXES.get(PurePosixPath(unpacked_name(file.name)).suffix.lower()) in HOLD_SEVERAL
                for file in found.files
            ):
                listed = ", ".join(clean_line(file, 60) for file in found.files[:5])
                raise InputError(
                    f"{clean_line(item.name)} has no file “{clean_line(wanted, 60)}”; it has {listed}. Change --table."
                )
        try:
            sources = find_sources(found.path)
        except InputError as error:
            raise InputError(str(error).replace(clean_line(found.path), clean_line(item.name))) from None
        sources.left += [(name, reason) for name, reason in found.left]
        files = sources.of(self._part)
        if not files and not item.decided:
            return [self._item(item, found, path, sources, False) for path in sources.train]
        if not files:
            held = ", ".join(clean_line(file, 60) for file in found.files[:5])
            raise InputError(
                f"{clean_line(item.name)} has no file to train on, by their names ({held}); choose one with --table."
            )
        self.add_parts(sources)
        self.notices += [f"{clean_line(item.name)}: {notice}" for notice in sources.notices()]
        return [self._item(item, found, path, sources, True) for path in files]

    def add_parts(self, sources: Sources) -> None:
        """Note which files are of other parts."""
        others: tuple[Part, ...] = ("validation", "test", "inbox")
        for part in others:
            if part != self._part and sources.of(part):
                self.parts.setdefault(part, []).extend(map(sources.shown, sources.of(part)))

    def _item(self, outer: _Item, found: Unpacked, path: Path, sources: Sources, decided: bool) -> _Item:
        inside = path.relative_to(found.path).as_posix()
        name = outer.name if inside == "." else f"{outer.name}{INSIDE}{storable(inside)}"
        columns = outer.columns | sources.columns.get(path, {})
        return _Item(path, name, columns, decided, outer.nesting + 1, sources.labels.get(path), outer.chosen)

    def _workspace(self) -> Workspace:
        if self._space is None:
            self._space = self._stack.enter_context(workspace(self._advance, self._most))
        return self._space

    def _advance(self, packed_bytes: int) -> None:
        self._read += packed_bytes
        self._progress(min(self._read / self._total, 1.0))


def _open(item: _Item, options: ReadingOptions) -> Table:
    if item.path.is_dir():
        table: Table = DocumentsTable(item.path, item.name, options)
    elif item.labels is not None:
        texts = InputFile(item.path, item.name, options.encoding)
        table = LabelsBeside(texts, InputFile(item.labels, storable(item.labels.name), options.encoding), LABEL)
    else:
        if item.chosen:
            options = options.model_copy(update={"table": None})
        table = open_table(item.path, options, item.name, of_a_class=LABEL in item.columns)
    return widened(table, item.columns)


def _why_not(member: PurePosixPath, table: str | None) -> str | None:
    """Return why a member of an archive is not unpacked."""
    if table is not None and _is_named(member, table):
        return None
    return None if member.name in KEEPS_ORDER or may_hold_lines(member.name) else why_not_data(member.name)


def _is_named(member: PurePosixPath, table: str) -> bool:
    return table in (str(member), member.name)


def notices_of(sources: Sources, part: Part) -> list[str]:
    """Return what the report of a part says about the files of a source."""
    return sources.notices() if part == "train" else list(sources.said)


def storable(path: str | Path) -> str:
    """Return `path` as valid Unicode, even if its name is not UTF-8."""
    return str(path).encode("utf-8", "replace").decode()
