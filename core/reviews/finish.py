"""The end of reading a source: raw labels become classes, and what was found is written beside the rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError
from core.base.files import write_whole
from core.base.text import clean_line
from core.reviews.detect.columns import Roles
from core.reviews.detect.labels import LabelPlan, plan_labels
from core.reviews.formats.model_labels import MODEL_LABEL
from core.reviews.formats.part_column import OnePart
from core.reviews.formats.table import Table, excerpt
from core.reviews.groups import classes_of_one_text, find_duplicates
from core.reviews.input import Input
from core.reviews.kept import Kept, settled, write_arrays
from core.reviews.label_codes import LEFT_OUT, NO_LABEL, WITHOUT_LABEL, LabelCodes, Verdicts
from core.reviews.label_evidence import LabelEvidence
from core.reviews.options import ReadingOptions
from core.reviews.report import Account, ClassExample, Column, Doubt, ReadingReport
from core.reviews.skipped import SkipList, first_skip, left_out_by_code, write_skipped
from core.reviews.store import HASHES, LABELS, REPORT, SKIPPED, RowReader, data_folder, load_array, numbers_of

EARLY = "early.json"
"""What a reading of all parts without labels would report: `left_out` (reason → rows), `notices` and `parts`."""
_NAMED = 5
"""Classes that a notice names."""


@dataclass
class Pass:
    """The result of the pass over a source, besides the rows stored in `folder`."""

    folder: Path
    given: Input
    options: ReadingOptions
    roles: Roles
    columns: list[Column]
    rows: int
    codes: LabelCodes
    skips: SkipList
    notices: list[str]
    said_of_parts: list[str]
    """Those notices that do not matter to a reading of all parts."""
    accounts: list[Account]
    """One for each table, with the units of all rows as `reviews`."""
    doubts: list[Doubt]

    @property
    def tables(self) -> list[Table]:
        return self.given.tables


def finish(reading: Pass, place: str, model_labels: Sequence[str] | None) -> None:
    """Turn raw labels into classes; write the arrays, the list of rows left out and the report.

    Raises:
        InputError: No row can be used.
    """
    folder, codes, left_out = reading.folder, reading.codes, reading.skips.left_out
    write_whole(folder / EARLY, json.dumps(_for_all_parts(reading)))
    rows = RowReader(folder)
    plan, verdicts = _classify(reading, rows, model_labels)
    count = verdicts.kept(codes.counts)
    if not count:
        raise InputError(_nothing_kept(reading, plan, model_labels))
    reading.notices += plan.notices
    names = [table.name for table in reading.tables]
    kept = write_arrays(folder, rows, verdicts, count, len(names), plan.names)
    reasons = WITHOUT_LABEL | {code: reason for reason, code in codes.parts.items()}
    reasons |= {code: plan.left_out[raw] for raw, code in codes.raws.items() if raw in plan.left_out}
    late = left_out_by_code(rows, verdicts, reasons, left_out) if count < len(rows) else iter(())
    skipped = write_skipped(folder, folder, names, late)
    hashes, labels = load_array(folder / HASHES), load_array(folder / LABELS)
    duplicates = find_duplicates(hashes, labels)
    if duplicates.conflicting:
        texts = "text carries" if duplicates.conflicting == 1 else "texts carry"
        reading.notices.append(f"{duplicates.conflicting:,} repeated {texts} different labels in different places.")
    if model_labels is None and (lone := classes_of_one_text(hashes, labels)):
        reading.notices.append(_about_lone_texts([plan.names[index] for index in lone]))
    first = reading.tables[0]
    report = ReadingReport(
        source=reading.given.source,
        files=names,
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
        class_counts={name: kept.classes[index] for index, name in enumerate(plan.names)},
        rows=reading.rows,
        kept=count,
        left_out=dict(left_out),
        skipped=skipped,
        skipped_file=str(data_folder() / place / SKIPPED),
        duplicates=duplicates,
        data_hash=kept.data_hash,
        notices=list(dict.fromkeys(reading.notices)),
        schemes=plan.schemes,
        meaning=plan.meaning,
        candidates=reading.roles.candidates,
        examples=_examples(reading, rows, plan, kept),
        accounts=settled(reading.accounts, kept),
        doubts=[*reading.doubts, *plan.doubts],
        parts=reading.given.parts,
    )
    write_whole(folder / REPORT, report.model_dump_json())


def classes_of(
    counts: Mapping[str, int], roles: Roles, options: ReadingOptions, model_labels: Sequence[str] | None
) -> dict[str, int]:
    """Return how many rows there are of each class, given how many have each raw label; empty if none can be made."""
    with suppress(InputError):
        plan = _plan(counts, roles, options, model_labels, None)
        found = dict.fromkeys(plan.names, 0)
        for raw, index in plan.classes.items():
            found[plan.names[index]] += counts[raw]
        return found
    return {}


def _plan(
    counts: Mapping[str, int],
    roles: Roles,
    options: ReadingOptions,
    model_labels: Sequence[str] | None,
    evidence: LabelEvidence | None,
) -> LabelPlan:
    assert roles.label is not None
    answered = roles.answer is not None
    return plan_labels(counts, roles.label, options, model_labels, answered=answered, evidence=evidence)


def _classify(reading: Pass, rows: RowReader, model_labels: Sequence[str] | None) -> tuple[LabelPlan, Verdicts]:
    """Return the plan, and what becomes of the stored rows."""
    codes, column = reading.codes, reading.roles.label
    out = dict.fromkeys([*WITHOUT_LABEL, *codes.parts.values()], LEFT_OUT)
    if column is None:
        return LabelPlan("unlabelled", [], list(model_labels or [])), Verdicts(out, NO_LABEL)
    if codes.too_many:
        reading.notices.append(f"The column “{clean_line(column)}” has too many different values to be a label.")
        return LabelPlan("as_is", ["as_is"], list(model_labels or [])), Verdicts(out, NO_LABEL)
    names = [Path(reading.given.source).name, *(one.name for one in reading.columns if one.name != column)]
    evidence = LabelEvidence(rows, codes, names)
    plan = _plan(codes.counted(), reading.roles, reading.options, model_labels, evidence)
    by_code = {code: plan.classes[raw] for raw, code in codes.raws.items() if raw in plan.classes}
    return plan, Verdicts(by_code, LEFT_OUT)


def _for_all_parts(reading: Pass) -> dict[str, object]:
    """Return what a reading of all parts without labels would report, for `EARLY`."""
    narrowed = {table.name for table in reading.tables if isinstance(table, OnePart)}
    parts = {part: [file for file in files if file not in narrowed] for part, files in reading.given.parts.items()}
    return {
        "left_out": dict(reading.skips.of_all_parts),
        "notices": [notice for notice in reading.notices if notice not in reading.said_of_parts],
        "parts": {part: files for part, files in parts.items() if files},
    }


def _examples(reading: Pass, rows: RowReader, plan: LabelPlan, kept: Kept) -> dict[str, ClassExample]:
    """Return the first row of each class."""
    raws, found = list(reading.codes.raws), {}
    for index, name in enumerate(plan.names):
        if index in kept.first:
            batch, at = rows.find(kept.first[index])
            found[name] = ClassExample(
                raw=clean_line(raws[int(numbers_of(batch, "label")[at])], 80),
                excerpt=excerpt(batch.column("text")[at].as_py()),
                file=reading.tables[batch.column("file")[at].as_py()].name,
                line=int(batch.column("line")[at].as_py()),
            )
    return found


def _nothing_kept(reading: Pass, plan: LabelPlan, model_labels: Sequence[str] | None) -> str:
    shown, codes = clean_line(reading.given.source), reading.codes
    why = WITHOUT_LABEL | {code: reason for reason, code in codes.parts.items()}
    stored = Counter({why[code]: count for code, count in codes.counts.items() if code in why})
    reasons = reading.skips.left_out + Counter(plan.left_out.values()) + stored
    listed = ", ".join(reason for reason, _ in reasons.most_common(3))
    if model_labels is not None and any(code >= 0 for code in codes.counts):
        known = ", ".join(clean_line(name, 40) for name in model_labels)
        return f"{shown} has no label that the model knows ({known})."
    how = "; --model-labels uses such labels" if MODEL_LABEL in reasons else ""
    return (
        f"{shown} has no usable review: all {reading.rows:,} rows were left out ({listed}{how}){_first_place(reading)}."
    )


def _first_place(reading: Pass) -> str:
    """Return where the first row was left out during the pass, and why, as the end of a sentence."""
    skip = first_skip(reading.folder)
    if skip is None:
        return ""
    _, line, reason, shown, part = skip
    return f": line {line:,}, {clean_line(part or reason)}: {clean_line(shown, 60)}"


def _about_lone_texts(names: Sequence[str]) -> str:
    """Return the notice about classes that cannot be on both sides of a split."""
    listed = ", ".join(f"“{clean_line(name, 30)}”" for name in names[:_NAMED]) + ", …" * (len(names) > _NAMED)
    which = f"The class {listed} has one text only" if len(names) == 1 else f"The classes {listed} have one text each"
    return (
        f"{which}, which cannot be both learned and held out: without --validation, nothing shows how well it is "
        "recognised."
    )
