"""Files of the kinds that people have are read as a person would read them, or refused with the way out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.core.reviews.kinds.cases import CASES, KNOWN_FAILING, write_all
from tests.core.reviews.table import judge_all, known_failing, totals


def test_every_case_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


def test_exactly_the_cases_known_to_fail_do_and_nothing_else_is_wrong_in_silence(tmp_path: Path) -> None:
    judged = judge_all(CASES, write_all(tmp_path))
    known = known_failing(KNOWN_FAILING)
    failing = {name: f"{one.verdict}: {one.why}" for name, one in judged.items() if not one.good}
    assert {name: why for name, why in failing.items() if name not in known} == {}, totals(judged)
    assert sorted(set(known) - set(failing)) == [], "these work now: python -m tests.core.reviews.kinds --update"
    if not known:
        assert sum(one.good for one in judged.values()) >= 0.95 * len(judged)
