"""The end of reading a source: raw labels become classes; the list of rows left out and the report are written."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow.compute as pc

from core.base.arrow import numbers
from core.base.errors import InputError
from core.base.files import write_whole
from core.base.text import clean_line
from core.reviews.detect.columns import Roles
from core.reviews.detect.labels import MISSING, LabelPlan, plan_labels
from core.reviews.formats.table import EXCERPT, Table, excerpt
from core.reviews.label_evidence import LabelEvidence
from core.reviews.options import ReadingOptions
from core.reviews.report import Account, ClassExample, Column, Doubt, Duplicates, ReadingReport, SkippedRow
from core.reviews.store import HASHES, KEPT, LABELS, REPORT, SKIPPED, RowReader, data_folder, open_new, save_array

SKIPS = "skips.jsonl"
"""Rows left out whatever their label, as [file index, line, full reason, excerpt]; also in skipped.jsonl."""
EARLY = "early.json"
"""What had been found before labels became classes: `left_out` (reason → rows) and `notices`."""
NO_LABEL, MISSING_CODE, UNDECODABLE_CODE = -1, -2, -3
"""Codes of labels that are no raw value: there is no column of labels; the cell is empty; it is no text."""
_WITHOUT_LABEL = {MISSING_CODE: MISSING, UNDECODABLE_CODE: "undecodable bytes"}
_SHOWN = 200
_NAMED = 5
"""Classes that a notice names."""
_Skip = tuple[int, int, str, str]


@dataclass
class Pass:
    """The result of the pass over a source, besides the rows stored in `folder`."""

    folder: Path
    source: str
    tables: list[Table]
    options: ReadingOptions
    roles: Roles
    columns: list[Column]
    rows: int
    raws: list[str] | None
    """The raw labels by code; None if there are too many to be labels."""
    left_out: Counter[str]
    notices: list[str]
    accounts: list[Account]
    """One for each table, with the units of all rows as `reviews`."""
    doubts: list[Doubt]
    parts: dict[str, list[str]]
    """Part of the data → the files of the source that belong to it and are not read."""


def finish(reading: Pass, place: str, model_labels: Sequence[str] | None) -> None:
    """Turn raw labels into classes; write the arrays, the list of rows left out and the report.

    Raises:
        InputError: No row can be used.
    """
    folder = reading.folder
    rows = RowReader(folder)
    codes, hashes = rows.column("label"), rows.column("hash")
    write_whole(folder / EARLY, json.dumps({"left_out": dict(reading.left_out), "notices": reading.notices}))
    plan, labels, kept = _classify(reading, rows, codes, model_labels)
    if not len(kept):
        raise InputError(_nothing_kept(reading, plan, codes, model_labels))
    reading.notices += plan.notices
    whole = len(kept) == len(codes)
    labels, hashes = (labels, hashes) if whole else (labels[kept], hashes[kept])
    if not whole:
        save_array(folder / KEPT, kept)
    save_array(folder / LABELS, labels)
    save_array(folder / HASHES, hashes)
    raws = reading.raws or []
    late = _left_out_by_label(rows, codes, labels if whole else None, kept, raws, plan, reading.left_out)
    skipped = write_skipped(folder, folder / SKIPS, [table.name for table in reading.tables], late)
    duplicates = find_duplicates(hashes, labels)
    if duplicates.conflicting:
        texts = "text carries" if duplicates.conflicting == 1 else "texts carry"
        reading.notices.append(f"{duplicates.conflicting:,} repeated {texts} different labels in different places.")
    if model_labels is None and (lone := classes_of_one_text(hashes, labels, plan.names)):
        reading.notices.append(_about_lone_texts(lone))
    first = reading.tables[0]
    counts = np.bincount(labels[labels >= 0], minlength=len(plan.names))
    report = ReadingReport(
        source=reading.source,
        files=[table.name for table in reading.tables],
        format=first.format,
        encoding=first.encoding,
        delimiter=first.delimiter,
        header=first.header,
        columns=reading.columns,
        text_column=reading.roles.text,
        title_column=reading.roles.title,
        label_column=reading.roles.label,
        scheme=plan.scheme,
        label_names=plan.names,
        class_counts={name: int(count) for name, count in zip(plan.names, counts, strict=True)},
        rows=reading.rows,
        kept=len(kept),
        left_out=dict(reading.left_out),
        skipped=skipped,
        skipped_file=str(data_folder() / place / SKIPPED),
        duplicates=duplicates,
        data_hash=hash_of_data(rows, kept, labels, plan.names),
        notices=list(dict.fromkeys(reading.notices)),
        schemes=plan.schemes,
        meaning=plan.meaning,
        candidates=reading.roles.candidates,
        examples=_examples(reading, rows, plan, labels, kept, codes),
        accounts=settled(reading.accounts, rows, kept),
        doubts=[*reading.doubts, *plan.doubts],
        parts=reading.parts,
    )
    write_whole(folder / REPORT, report.model_dump_json())


def _examples(
    reading: Pass,
    rows: RowReader,
    plan: LabelPlan,
    labels: np.ndarray[Any, Any],
    kept: np.ndarray[Any, Any],
    codes: np.ndarray[Any, Any],
) -> dict[str, ClassExample]:
    """Return the first row of each class."""
    found = {}
    for index, name in enumerate(plan.names):
        places = np.flatnonzero(labels == index)
        if len(places):
            row = int(kept[places[0]])
            batch, at = rows.find(row)
            found[name] = ClassExample(
                raw=clean_line((reading.raws or [])[codes[row]], 80),
                excerpt=excerpt(batch.column("text")[at].as_py()),
                file=reading.tables[batch.column("file")[at].as_py()].name,
                line=int(batch.column("line")[at].as_py()),
            )
    return found


def settled(accounts: Sequence[Account], rows: RowReader, kept: np.ndarray[Any, Any]) -> list[Account]:
    """Return the accounts with the units of rows that are not kept as `left_out`."""
    units = np.bincount(rows.column("file")[kept], rows.column("units")[kept], minlength=len(accounts))
    return [
        one.model_copy(update={"reviews": reviews, "left_out": one.reviews - reviews})
        for one, reviews in zip(accounts, units.astype(np.int64).tolist(), strict=True)
    ]


def _classify(
    reading: Pass, rows: RowReader, codes: np.ndarray[Any, Any], model_labels: Sequence[str] | None
) -> tuple[LabelPlan, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the plan, the class of each stored row, and the rows that are kept."""
    everything = np.arange(len(codes), dtype=np.int64)
    nothing = np.full(len(codes), NO_LABEL, dtype=np.int64)
    column = reading.roles.label
    if column is None:
        return LabelPlan("unlabelled", [], list(model_labels or [])), nothing, everything
    if reading.raws is None:
        reading.notices.append(f"The column “{clean_line(column)}” has too many different values to be a label.")
        return LabelPlan("as_is", ["as_is"], list(model_labels or [])), nothing, np.flatnonzero(codes >= NO_LABEL)
    raws = reading.raws or []
    used = np.bincount(codes[codes >= 0], minlength=len(raws)).tolist()
    counts = {raw: n for raw, n in zip(raws, used, strict=True) if n}  # labels only of rows without text are no classes
    answered = reading.roles.answer is not None
    names = [Path(reading.source).name, *(one.name for one in reading.columns if one.name != column)]
    evidence = LabelEvidence(rows, codes, raws, names)
    plan = plan_labels(counts, column, reading.options, model_labels, answered=answered, evidence=evidence)
    classes = np.array([plan.classes.get(raw, NO_LABEL) for raw in raws] or [NO_LABEL], dtype=np.int64)
    labels = np.where(codes >= 0, classes[np.maximum(codes, 0)], NO_LABEL)
    return plan, labels, np.flatnonzero(labels >= 0)


def _nothing_kept(
    reading: Pass, plan: LabelPlan, codes: np.ndarray[Any, Any], model_labels: Sequence[str] | None
) -> str:
    shown = clean_line(reading.source)
    unlabelled = Counter(_WITHOUT_LABEL[code] for code in codes[codes < NO_LABEL].tolist())
    reasons = reading.left_out + Counter(plan.left_out.values()) + unlabelled
    listed = ", ".join(reason for reason, _ in reasons.most_common(3))
    if model_labels is not None and (codes >= 0).any():
        known = ", ".join(clean_line(name, 40) for name in model_labels)
        return f"{shown} has no label that the model knows ({known})."
    return f"{shown} has no usable review: all {reading.rows:,} rows were left out ({listed}){_first_place(reading)}."


def _first_place(reading: Pass) -> str:
    """Return where the first row was left out during the pass, and why, as the end of a sentence."""
    with (reading.folder / SKIPS).open(encoding="utf-8") as early:
        first = early.readline()
    if not first:
        return ""
    _, line, reason, shown = json.loads(first)
    return f": line {line:,}, {clean_line(reason)}: {clean_line(shown, 60)}"


def _left_out_by_label(
    rows: RowReader,
    codes: np.ndarray[Any, Any],
    all_labels: np.ndarray[Any, Any] | None,
    kept: np.ndarray[Any, Any],
    raws: list[str],
    plan: LabelPlan,
    left_out: Counter[str],
) -> Iterator[_Skip]:
    """Yield the stored rows that are not kept, in order, and count them in `left_out`."""
    if all_labels is not None:
        return
    mask = np.ones(len(codes), dtype=np.bool_)
    mask[kept] = False
    places = np.flatnonzero(mask)
    reasons = dict(_WITHOUT_LABEL) | {code: plan.left_out[raw] for code, raw in enumerate(raws) if raw in plan.left_out}
    files, lines = rows.column("file"), rows.column("line")
    begin = 0
    for batch in rows.batches:
        end = begin + batch.num_rows
        inside = places[slice(*np.searchsorted(places, (begin, end)))]
        texts = batch.column("text").take(numbers(inside - begin))
        heads = pc.utf8_slice_codeunits(texts, 0, 4 * EXCERPT).to_pylist()
        columns = (codes[inside].tolist(), files[inside].tolist(), lines[inside].tolist(), heads)
        for code, file, line, head in zip(*columns, strict=True):
            left_out[reasons[code]] += 1
            yield file, line, reasons[code], excerpt(head)
        begin = end


def write_skipped(folder: Path, early_path: Path, files: list[str], late: Iterator[_Skip]) -> list[SkippedRow]:
    """Merge both lists of rows left out, in the order of the files, into skipped.jsonl; return the first 200."""
    first: list[SkippedRow] = []
    with early_path.open(encoding="utf-8") as early, open_new(folder / SKIPPED) as target:
        parsed = (tuple(json.loads(line)) for line in early)
        for file, line, reason, shown in heapq.merge(parsed, late, key=lambda skip: (skip[0], skip[1])):
            row = {"file": files[file], "line": line, "reason": reason, "excerpt": shown}
            write_line(target, row)
            if len(first) < _SHOWN:
                first.append(SkippedRow.model_validate(row))
    return first


def find_duplicates(hashes: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> Duplicates:
    """Count texts that occur more than once; `hashes` and `labels` are [N]."""
    order = np.argsort(hashes, kind="stable")
    sorted_hashes, sorted_labels = hashes[order], labels[order]
    starts = np.flatnonzero(np.r_[True, sorted_hashes[1:] != sorted_hashes[:-1]])
    sizes = np.diff(np.r_[starts, len(hashes)])
    low = np.minimum.reduceat(sorted_labels, starts)
    high = np.maximum.reduceat(sorted_labels, starts)
    return Duplicates(
        rows=int(len(hashes) - len(starts)), groups=int((sizes > 1).sum()), conflicting=int((low != high).sum())
    )


def classes_of_one_text(hashes: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], names: Sequence[str]) -> list[str]:
    """Return the classes all of whose reviews have the same text; `hashes` and `labels` are [N], −1 for no class."""
    classed = labels >= 0
    hashes, labels = hashes[classed], labels[classed]
    first = np.zeros(len(names), dtype=hashes.dtype)
    first[labels[::-1]] = hashes[::-1]
    others = np.bincount(labels[hashes != first[labels]], minlength=len(names))
    return [names[index] for index in np.unique(labels) if not others[index]]


def _about_lone_texts(names: Sequence[str]) -> str:
    """Return the notice about classes that cannot be on both sides of a split."""
    listed = ", ".join(f"“{clean_line(name, 30)}”" for name in names[:_NAMED]) + ", …" * (len(names) > _NAMED)
    which = f"The class {listed} has one text only" if len(names) == 1 else f"The classes {listed} have one text each"
    return (
        f"{which}, which cannot be both learned and held out: without --validation, nothing shows how well it is "
        "recognised."
    )


def hash_of_data(
    rows: RowReader, kept: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], names: Sequence[str]
) -> str:
    """Return a BLAKE2b hash over the kept texts, their labels and the names of the classes."""
    digest = hashlib.blake2b(digest_size=16)
    begin = 0
    for batch in rows.batches:
        end = begin + batch.num_rows
        low, high = np.searchsorted(kept, (begin, end))
        inside = kept[low:high] - begin
        texts = batch.column("text")
        if len(inside) < batch.num_rows:
            texts = texts.take(numbers(inside))
        offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)[: len(texts) + 1]
        digest.update(offsets.tobytes())
        if texts.buffers()[2] is not None:
            digest.update(memoryview(texts.buffers()[2])[: int(offsets[-1])])
        begin = end
    digest.update(np.ascontiguousarray(labels).tobytes())
    digest.update(json.dumps(list(names)).encode())
    return digest.hexdigest()


def write_line(file: IO[bytes], value: object) -> None:
    """Append `value` to `file` as a line of JSON."""
    file.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
