"""Files as they exist in the wild are read as a person would read them, or refused with the way out."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.core.reviews.table import judge_all, known_failing, totals
from tests.core.reviews.wild.cases import CASES, KNOWN_FAILING, WILD

pytestmark = pytest.mark.skipif(not WILD.is_dir(), reason="the folder of files from the wild is not here")


def test_every_folder_has_a_case() -> None:
    folders = {path.name for path in WILD.iterdir() if path.is_dir()}
    assert folders - {case.path.split("/")[0] for case in CASES} == set()
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


def test_exactly_the_cases_known_to_fail_do_and_nothing_else_is_wrong_in_silence() -> None:
    judged = judge_all(CASES, WILD)
    known = known_failing(KNOWN_FAILING)
    failing = {name: f"{one.verdict}: {one.why}" for name, one in judged.items() if not one.good}
    assert {name: why for name, why in failing.items() if name not in known} == {}, totals(judged)
    assert sorted(set(known) - set(failing)) == [], "these work now: python -m tests.core.reviews.wild --update"
    if not known:
        good = sum(one.good for one in judged.values())
        assert good >= 0.95 * len(judged)
