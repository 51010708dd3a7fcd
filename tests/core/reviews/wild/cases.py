"""All cases of the folder `../shared/data/wild` beside the repository, which is not always there."""

from __future__ import annotations

from pathlib import Path

from tests.core.reviews.wild import exported, published, reported, shapes, trees

ROOT = Path(__file__).resolve().parents[4]
WILD = ROOT.parent / "shared" / "data" / "wild"
KNOWN_FAILING = Path(__file__).with_name("known_failing.txt")
CASES = (*published.CASES, *exported.CASES, *shapes.CASES, *trees.CASES, *reported.CASES)
