"""Folders whose names hold the labels in unusual places."""

from __future__ import annotations

from tests.core.reviews.kinds.made import Made, Review, expect, expect_classes, folder, reviews
from tests.core.reviews.verdicts import Refused

_EN, _TEST, _PL = reviews(24), reviews(48)[24:], reviews(24, "pl")


def _texts(made: list[Review]) -> str:
    return "".join(f"{r.text}\n" for r in made)


def _labels(made: list[Review]) -> str:
    return "".join(f"{int(r.good)}\n" for r in made)


MADE: tuple[Made, ...] = (
    folder(
        "folders/text-and-labels",
        {
            "train_text.txt": _texts(_EN),
            "train_labels.txt": _labels(_EN),
            "test_text.txt": _texts(_TEST),
            "test_labels.txt": _labels(_TEST),
            "mapping.txt": "0\tnegative\n1\tpositive\n",
        },
        expect(_EN),
    ),
    folder(
        "folders/sents-and-sentiments",
        {
            "train/sents.txt": _texts(_EN),
            "train/sentiments.txt": "".join(f"{'positive' if r.good else 'negative'}\n" for r in _EN),
            "train/topics.txt": "3\n1\n" * 12,
            "dev/sents.txt": _texts(_TEST),
            "dev/sentiments.txt": "positive\n" * 24,
        },
        expect(_EN),
    ),
    folder(
        "folders/lines-missing",
        {"reviews.txt": _texts(_EN), "labels.txt": _labels(_EN[:-2])},
        Refused("has 24 lines and labels.txt 22"),
    ),
    folder(
        "folders/numbered",
        {f"train/{int(r.good)}/{n}.txt": r.text for n, r in enumerate(_EN)}
        | {f"test/{int(r.good)}/{n}.txt": r.text for n, r in enumerate(_TEST)},
        expect(_EN),
    ),
    folder(
        "folders/named-documents",
        {f"reviews/{'pos' if r.good else 'neg'}_{n}.txt": r.text for n, r in enumerate(_EN)},
        expect_classes({r.text: "pos" if r.good else "neg" for r in _EN}),
    ),
    folder(
        "folders/commas-in-class-files",
        {
            "positive.txt": "".join(f"Dobre, {r.text.replace(',', '')}\n" for r in _PL if r.good),
            "negative.txt": _texts([r for r in _PL if not r.good]),
        },
        expect(_PL, shown=lambda r: f"Dobre, {r.text.replace(',', '')}" if r.good else r.text),
    ),
)
