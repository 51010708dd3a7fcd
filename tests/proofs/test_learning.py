"""The default settings on the sample reviews: what a newcomer gets from `reviewtui train`, on the starter model."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.conftest import SAMPLES, Reviewtui

pytestmark = [pytest.mark.proof, pytest.mark.starter]


@pytest.mark.timeout(1200)
def test_the_default_settings_learn_the_sample_reviews(reviewtui: Reviewtui) -> None:
    trained = reviewtui(
        "train", str(SAMPLES / "train.csv"), "--model", "starter", "--set", "seed=1", "--wait", "--json", timeout=900
    )
    assert trained.status == 0, trained.err
    evaluated = reviewtui("evaluate", "latest", str(SAMPLES / "test.csv"), "--json").json
    assert evaluated["accuracy"] >= 0.88
    assert evaluated["leak"] is None
    features = json.loads(reviewtui("classify", "It has the features that I need", "--json").out)
    assert features["label"] == "positive"
