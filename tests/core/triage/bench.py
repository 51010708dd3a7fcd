"""A pile of reviews with scores that a test chooses, and decisions about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.base.files import private_folder, write_whole
from core.reviews.options import ReadingOptions
from core.runs.model_hash import model_hash
from core.scores.folder import scores_folder
from core.scores.scoring import score
from core.triage.decision import Decision
from core.triage.pile_data import PileData
from tests.core.bulk.double import model_folder
from tests.core.scores.bench import SMALL, Costless

__all__ = ["Answering", "decision", "made_pile", "model_folder", "use_model", "write_pile"]


class Answering(Costless):
    """A model that says of each text what it is told to: text → logits."""

    def __init__(self, answers: dict[str, Sequence[float]], labels: tuple[str, ...] = ("negative", "positive")) -> None:
        super().__init__()
        self.answers, self.labels = answers, labels  # type: ignore[misc]

    def examine(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        _, tokens, unknown = super().examine(texts)
        return np.array([self.answers[text] for text in texts], dtype=np.float32), tokens, unknown


def write_pile(path: Path, texts: Sequence[str], labels: Sequence[str] | None = None) -> Path:
    """Write reviews to a JSON Lines file, with labels if they are given."""
    rows = [{"review": text} for text in texts]
    for row, label in zip(rows, labels or (), strict=False):
        row["label"] = label
    write_whole(path, "".join(json.dumps(row) + "\n" for row in rows))
    return path


def made_pile(folder: Path, texts: Sequence[str], labels: Sequence[str] | None = None, **reading: Any) -> PileData:
    """A pile with these texts."""
    source = write_pile(private_folder(folder) / "pile.jsonl", texts, labels)
    return PileData(str(source), ReadingOptions(text="review", **reading))


def use_model(
    pile: PileData, folder: Path, logits: Sequence[Sequence[float]], labels: tuple[str, ...] = ("negative", "positive")
) -> Path:
    """Score the pile with a model that gives these logits, row by row; returns its folder."""
    folder.mkdir(parents=True)
    model = model_folder(folder)
    (model / "model.safetensors").write_text(str(folder))
    answers = dict(zip(pile.reviews.texts(range(len(pile.reviews))), logits, strict=True))
    score(model, pile.reviews, "pile.jsonl", load=Answering(answers, labels), sizes=SMALL)
    assert scores_folder(model_hash(model), pile.reviews.report.data_hash).manifest.exists()
    return model


def decision(pile: PileData, row: int, **fields: Any) -> Decision:
    """A decision about a row of a pile; whatever is not named is ordinary."""
    given = {"verdict": "positive", "predicted": "positive", "probability": 0.75, "agreed": True}
    if fields.get("state", "label") != "label":
        given = {"verdict": ""}
    reviews = pile.reviews
    place = {"hash": f"{int(reviews.hashes[row]):016x}", "row": row, "file": "pile.jsonl", "line": row + 1}
    return Decision(**(place | {"text": reviews.text(row)} | given | fields))
