"""A home and a folder of reviews in which every name and every text is of the hostile corpus, or of its harmless twin.

The twin has the same marks, sizes and files, so that the same keys lead through it; what a terminal is sent for it is
what the workbench itself writes.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.files import write_json, write_whole
from core.runs.folder import RunFolder
from tests.hostile import CORPUS, SOUND, file_names
from tests.tui.made_runs import append, make_run


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    home: Path
    data: Path
    """JSON lines: a review, two labels and some columns more."""
    folder: Path
    """Of files with the corpus for names."""
    model: Path
    labels: tuple[str, str]
    run: RunFolder
    """With a model."""
    texts: tuple[str, ...]


def lay_out(root: Path, classifier: Path, texts: Sequence[str], *, twin: bool = False) -> Place:
    """Make the place under `root`; `$REVIEWTUI_HOME` must be `root/home`."""

    def word(text: str) -> str:
        return _harmless(text) if twin else text

    shown = tuple(dict.fromkeys(map(word, texts)))
    names = [word(name) for name in file_names(texts)]
    folder = root / "data" / names[len(names) // 3]
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.csv").write_text("review,label\n")
    (folder / f"{names[7]} inside").mkdir()
    labels = (word(CORPUS[70]), word(CORPUS[130]))
    data = folder / f"{names[3]}.jsonl"
    extra = word(CORPUS[45])
    rows = [{"review": text, "label": labels[at % 2], extra: text[:60]} for at, text in enumerate(shown)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sound = itertools.cycle([word(text) for text in SOUND if text in set(texts)])
    runs = [
        make_run(
            number, name=next(sound), data=next(sound), steps=4 * (number % 3), message=next(sound), model=next(sound),
            notice=next(sound), labels=[*labels, next(sound)], end=("failed", None, "stopped")[number % 3],
            plan={"path": next(sound), "path_why": next(sound)},
        )
        for number in range(100, 100 + min(40, len(shown) // 5))
    ]  # fmt: skip
    for text in shown:
        append(runs[0], "notice", text=text)
    run = make_run(900, name=next(sound), labels=list(labels))
    for file in classifier.iterdir():
        write_whole(run.model / file.name, file.read_bytes())
    config = json.loads((run.model / "config.json").read_text())
    config |= {"id2label": dict(enumerate(labels)), "label2id": {label: at for at, label in enumerate(labels)}}
    write_json(run.model / "config.json", config)
    return Place(root / "home", data, folder, run.model, labels, run, shown)


def _harmless(text: str) -> str:
    """As long, with the same mark, of letters."""
    kept = re.search(r"q\d{3}", text)
    plain = re.sub(r"[^A-Za-z0-9]", "x", text)
    return plain if kept is None or kept[0] in plain else f"{kept[0]}{plain}"
