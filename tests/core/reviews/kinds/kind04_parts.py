"""Kind 4: test data is learned. Names of files, folders, keys and columns say which part is which."""

from __future__ import annotations

import io
import json

import pyarrow as pa
from pyarrow import ipc

from tests.core.reviews.kinds.containers import parquet
from tests.core.reviews.kinds.made import Made, Review, expect, file, folder, lines, reviews, table
from tests.core.reviews.verdicts import Refused, Told

_TRAIN, _TEST, _VALID = reviews(24, "de"), reviews(12), reviews(12, "fr")


def _csv(made: list[Review]) -> str:
    return table(["text", "label"], [(text, int(good)) for text, good in made])


def _jsonl(made: list[Review]) -> str:
    return lines({"text": text, "label": int(good)} for text, good in made)


def _objects(made: list[Review]) -> list[dict[str, object]]:
    return [{"text": text, "label": int(good)} for text, good in made]


def _parquet(made: list[Review]) -> bytes:
    return parquet({"text": [r.text for r in made], "label": [int(r.good) for r in made]})


def _arrow(made: list[Review]) -> bytes:
    """Return a file as `Dataset.save_to_disk` writes it."""
    rows = pa.table({"text": [r.text for r in made], "label": [int(r.good) for r in made]})
    stream = io.BytesIO()
    with ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)
    return stream.getvalue()


_STATE = json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": None})
_ONLY_TRAIN = expect(_TRAIN, said=("test",))
_ONE = expect(_TRAIN)

MADE: tuple[Made, ...] = (
    folder(
        "parts/sub-folders", {"train/a.csv": _csv(_TRAIN), "test/a.csv": _csv(_TEST)}, _ONLY_TRAIN, Refused("train")
    ),
    folder("parts/at-the-end", {"shop-train.csv": _csv(_TRAIN), "shop-test.csv": _csv(_TEST)}, _ONLY_TRAIN),
    folder("parts/dotted", {"reviews.train.jsonl": _jsonl(_TRAIN), "reviews.test.jsonl": _jsonl(_TEST)}, _ONLY_TRAIN),
    folder("parts/upper-case", {"2019_TRAIN_v2.csv": _csv(_TRAIN), "2019_TEST_v2.csv": _csv(_TEST)}, _ONLY_TRAIN),
    folder("parts/camel", {"hotelsTrainSet.csv": _csv(_TRAIN), "hotelsTestSet.csv": _csv(_TEST)}, _ONLY_TRAIN),
    folder(
        "parts/validation",
        {"de_train.csv": _csv(_TRAIN), "de_valid.csv": _csv(_VALID), "de_test.csv": _csv(_TEST)},
        expect(_TRAIN, said=("test", "valid")),
    ),
    folder("parts/rest-and-test", {"lamps.csv": _csv(_TRAIN), "lamps_test.csv": _csv(_TEST)}, _ONLY_TRAIN),
    folder("parts/testimonials", {"testimonials.csv": _csv(_TRAIN)}, _ONE),
    folder(
        "parts/words-that-contain-test",
        {"latest.csv": _csv(_TRAIN), "greatest-hits.csv": _csv(_TEST), "contest2.csv": _csv(_VALID)},
        expect(_TRAIN + _TEST + _VALID),
    ),
    folder(
        "parts/training-keys",
        {"all.json": json.dumps({"testing": _objects(_TEST), "training": _objects(_TRAIN)})},
        _ONLY_TRAIN,
        opened="all.json",
    ),
    folder(
        "parts/three-keys",
        {
            "corpus.json": json.dumps(
                {"dev": _objects(_VALID), "train": _objects(_TRAIN), "test": _objects(_TEST)}, indent=1
            )
        },
        _ONLY_TRAIN,
        opened="corpus.json",
    ),
    folder(
        "parts/dataset-dict",
        {
            "dataset_dict.json": json.dumps({"splits": ["train", "test"]}),
            "train/data-00000-of-00001.arrow": _arrow(_TRAIN),
            "train/state.json": _STATE,
            "train/dataset_info.json": "{}",
            "test/data-00000-of-00001.arrow": _arrow(_TEST),
            "test/state.json": _STATE,
            "test/dataset_info.json": "{}",
        },
        _ONLY_TRAIN,
        Refused("train"),
    ),
    folder(
        "parts/hub-clone",
        {
            "README.md": "---\nlicense: mit\n---\n",
            ".gitattributes": "*.parquet filter=lfs\n",
            "data/train-00000-of-00002.parquet": _parquet(_TRAIN[:12]),
            "data/train-00001-of-00002.parquet": _parquet(_TRAIN[12:]),
            "data/test-00000-of-00001.parquet": _parquet(_TEST),
        },
        _ONLY_TRAIN,
        Refused(r"/data\b"),
    ),
    folder(
        "parts/hive-split",
        {"split=train/part-0.parquet": _parquet(_TRAIN), "split=test/part-0.parquet": _parquet(_TEST)},
        _ONLY_TRAIN,
        Refused("split=train"),
    ),
    folder(
        "parts/hive-class",
        {
            "sentiment=neg/part-0.parquet": parquet({"text": [r.text for r in _TRAIN if not r.good]}),
            "sentiment=pos/part-0.parquet": parquet({"text": [r.text for r in _TRAIN if r.good]}),
        },
        _ONE,
        Refused("sentiment="),
    ),
    folder(
        "parts/links-inside",
        {"blobs/9f86d081": _parquet(_TRAIN), "blobs/60303ae2": _parquet(_TEST)},
        _ONLY_TRAIN,
        _ONE,
        Refused("link", "blobs|snapshots"),
        opened="snapshots/0a1b2c",
        links={
            "snapshots/0a1b2c/train-00000-of-00001.parquet": "../../blobs/9f86d081",
            "snapshots/0a1b2c/test-00000-of-00001.parquet": "../../blobs/60303ae2",
        },
    ),
    folder(
        "parts/link-out",
        {"train.csv": _csv(_TRAIN)},
        expect(_TRAIN, said=("link",)),
        links={"more.csv": "../at-the-end/shop-train.csv"},
    ),
    file(
        "parts/column.csv",
        table(
            ["text", "label", "split"],
            [(r.text, int(r.good), "train") for r in _TRAIN] + [(r.text, int(r.good), "test") for r in _TEST],
        ),
        expect(_TRAIN, left_out={"test": 12}),
        expect(_TRAIN, said=("test",)),
        Told("split", "test"),
    ),
    file(
        "parts/is-train.jsonl",
        lines(
            {"sentence": r.text, "polarity": int(r.good), "partition": "held-out test" if r in _TEST else "training"}
            for r in _TRAIN + _TEST
        ),
        expect(_TRAIN, left_out={"test": 12}),
        Told("partition", "test"),
    ),
    folder(
        "parts/copies",
        {"train.csv": _csv(_TRAIN), "train (1).csv": _csv(_TRAIN)},
        expect(_TRAIN),
        expect(_TRAIN + _TRAIN, repeats=24),
    ),
    folder(
        "parts/other-columns",
        {
            "2022.csv": _csv(_TRAIN),
            "2023.csv": table(["Comment", "Stars"], [(r.text, 5 if r.good else 1) for r in _TEST]),
        },
        Refused(r"2023\.csv", "column|its own"),
        Told(r"2023\.csv"),
    ),
)
