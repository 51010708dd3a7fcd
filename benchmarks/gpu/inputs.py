"""Reviews and models for a run on a GPU, made on the spot.

    python -m benchmarks.gpu.inputs FOLDER TOKENIZER [--tiny]

The models have the shapes of real ones, random weights from a fixed seed, and the starter's tokenizer: neither time nor
memory depends on what weights are worth. The reviews come from sample_reviews: `short` are first sentences, `long` are
several reviews of one label joined, up to the lengths that real long reviews have.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path
from typing import Any

from benchmarks.data import SAMPLE, Row, write_rows
from benchmarks.models import SHAPES, write

MODELS = ("starter-shape", "small-shape", "distilbert-shape", "bert-base-shape")
CLASSIFIER = "classifier"
TRAIN_ROWS, HELD_OUT_ROWS, BULK_ROWS = 1024, 64, 8000
TINY_ROWS = 48
_SEED = 7
_LONG_WORDS = (20, 330)
"""The shortest and the longest of the long reviews: about 30 to 450 tokens."""


def reviews(kind: str, rows: int) -> list[Row]:
    """`rows` different reviews, both labels as often, in an order that is always the same."""
    with SAMPLE.open(newline="", encoding="utf-8") as stream:
        found = [(" ".join(row["reviewText"].split()), row["isPositive"]) for row in csv.DictReader(stream)]
    texts = {label: [text for text, one in found if one == label and text] for label in ("0", "1")}
    draw = random.Random(_SEED)
    made: dict[str, str] = {}
    while len(made) < rows:
        label = str(len(made) % 2)
        text = draw.choice(texts[label])
        if kind == "short":
            text = text.partition(". ")[0]
            text = text if text not in made else f"{text} {draw.choice(texts[label]).split()[0]}"
        else:
            words, wanted = text.split(), draw.randint(*_LONG_WORDS)
            while len(words) < wanted:
                words += draw.choice(texts[label]).split()
            text = " ".join(words[:wanted])
        made.setdefault(text, label)
    return list(made.items())


def data_file(folder: Path, kind: str, part: str) -> Path:
    """Where the reviews of a kind are that are trained on (`train`), held out (`held-out`) or classified (`bulk`)."""
    return folder / "data" / f"{kind}-{part}.csv"


def make(folder: Path, tokenizer: Path, *, tiny: bool) -> None:
    """Write what is not there yet."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    train, held_out, bulk = (TINY_ROWS, 16, TINY_ROWS) if tiny else (TRAIN_ROWS, HELD_OUT_ROWS, BULK_ROWS)
    for kind in ("short", "long"):
        rows = reviews(kind, train + held_out)
        write_rows(data_file(folder, kind, "train"), rows[:train])
        write_rows(data_file(folder, kind, "held-out"), rows[train:])
    write_rows(data_file(folder, "long", "bulk"), reviews("long", bulk))
    for name in MODELS:
        if not (folder / "models" / name).is_dir():
            write(SHAPES["tiny" if tiny else name], folder / "models" / name, tokenizer)
    if not (folder / "models" / CLASSIFIER).is_dir():
        _make_classifier(folder / "models" / MODELS[0], folder / "models" / CLASSIFIER)


def _make_classifier(encoder: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(_SEED)
    names: dict[str, Any] = {"id2label": {0: "negative", 1: "positive"}, "label2id": {"negative": 0, "positive": 1}}
    model = AutoModelForSequenceClassification.from_pretrained(encoder, local_files_only=True, **names)
    with torch.no_grad():
        model.classifier.weight.mul_(20)  # probabilities that are not all a half
    tokenizer = AutoTokenizer.from_pretrained(encoder, local_files_only=True)
    tokenizer.model_max_length = 256
    beside = folder.with_name(f".{folder.name}.new")
    model.save_pretrained(beside)
    tokenizer.save_pretrained(beside)
    beside.rename(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), tiny="--tiny" in sys.argv)
