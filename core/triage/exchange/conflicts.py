"""The texts to which two people gave different labels, as a file that Classify opens, both words side by side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from core.base.files import home, private_folder, write_whole
from core.triage.agreement_report import Conflict
from core.triage.exchange.opening import Decided


def write_conflicts(conflicts: Sequence[Conflict], one: Decided, other: Decided) -> Path | None:
    """Write conflicts as a pile, and return its file; None if there are none.

    Args:
        one, other: What was compared. The name of the file follows from it, so that the same two make the same pile
            again, whose decisions stay.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    if not conflicts:
        return None
    key = hashlib.sha256(f"{one.file}\0{other.file}".encode("utf-8", "replace")).hexdigest()[:16]
    file = private_folder(private_folder(home() / "triage") / "conflicts") / f"{key}.jsonl"
    lines = [
        {
            "text": found.text,
            "person_a": one.name,
            "label_a": found.one,
            "person_b": other.name,
            "label_b": found.other,
            "file": found.file,
            "line": found.line,
        }
        for found in conflicts
    ]
    write_whole(file, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return file
