"""Audits: one in ten, a uniform random sample of the pile, whatever the order, the model and the past are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from core.triage.arranging import Rows, at_random, by_ranking
from core.triage.audit import EVERY, RESERVED, audit_key, audit_numbers, audits_until, random_sequence, weave

KEY = b"0123456789abcdef"
HASHES = np.random.default_rng(1).integers(0, 1 << 63, 3000).astype(np.uint64)
NUMBERS = audit_numbers(HASHES, KEY)


def test_numbers_are_uniform_and_belong_to_the_text_and_the_pile() -> None:
    assert kstest(NUMBERS, "uniform").pvalue > 0.001
    assert (audit_numbers(HASHES[::-1], KEY)[::-1] == NUMBERS).all()
    other = audit_numbers(HASHES, b"another pile")
    assert abs(np.corrcoef(NUMBERS, other)[0, 1]) < 0.1 and kstest(other, "uniform").pvalue > 0.001
    assert audit_key("a.csv") != audit_key("b.csv") and audit_key("a.csv") == audit_key("a.csv")


def test_numbers_follow_the_published_recipe() -> None:
    from hashlib import blake2b

    digest = blake2b(int(HASHES[5]).to_bytes(8, "little"), digest_size=8, key=KEY).digest()
    assert NUMBERS[5] == pytest.approx(int.from_bytes(digest, "little") / 2**64)


def rows_of(groups: Any = None, decisions: Any = ()) -> Rows:
    return Rows(np.arange(len(NUMBERS)) if groups is None else groups, NUMBERS, KEY, decisions)


def decided(row: int, number: int, *, audit: bool = False, order: str = "uncertainty", source: str = "human") -> Any:
    return SimpleNamespace(row=row, number=number, audit=audit, order=order, source=source)


RANKING = np.random.default_rng(2).permutation(len(NUMBERS))


def test_every_review_comes_once_and_one_in_ten_is_the_next_of_the_sequence() -> None:
    found = by_ranking(rows_of(), RANKING)
    assert sorted(found.rows.tolist()) == list(range(len(NUMBERS)))
    sequence = random_sequence(np.arange(len(NUMBERS)), NUMBERS)
    reserved = sequence[NUMBERS[sequence] < RESERVED]
    assert found.audits.tolist() == reserved.tolist()
    is_audit = np.isin(found.rows, found.audits)
    blocks = is_audit[:2000].reshape(-1, EVERY)
    assert (blocks.sum(axis=1) == 1).all(), "one in each block"
    assert len(set(blocks.argmax(axis=1).tolist())) == EVERY, "at any place in it"
    ranked = found.rows[~is_audit]
    assert (ranked == RANKING[~np.isin(RANKING, reserved)]).all(), "the others come as ranked"


def test_audits_are_the_same_whatever_the_ranking_is() -> None:
    by_another = by_ranking(rows_of(), RANKING[::-1])
    assert by_another.audits.tolist() == by_ranking(rows_of(), RANKING).audits.tolist()
    audited = by_another.audits[:100]
    assert kstest(RANKING.argsort()[audited] / len(RANKING), "uniform").pvalue > 0.001, "independent of the ranking"


def test_how_large_a_group_of_near_copies_is_plays_no_part() -> None:
    groups = np.arange(len(NUMBERS))
    groups[100:1100] = 100
    found = by_ranking(rows_of(groups), RANKING)
    audits = found.audits[:200].tolist()
    assert not set(range(101, 1100)) & set(audits)
    assert (100 in found.audits) == (NUMBERS[100] < RESERVED)
    assert set(found.rows[-999:].tolist()) == set(range(101, 1100)), "copies come last"


@given(st.integers(0, 400), st.integers(0, 60), st.integers(0, 300))
def test_weaving_keeps_both_orders_and_loses_none(ranked: int, audits: int, start: int) -> None:
    rows, is_audit = weave(np.arange(ranked), np.arange(1000, 1000 + audits), start, KEY)
    assert rows[~is_audit].tolist() == list(range(ranked))
    assert rows[is_audit].tolist() == list(range(1000, 1000 + audits))


def test_ranking_anew_in_the_middle_of_a_block_neither_skips_nor_doubles_an_audit() -> None:
    decisions: list[Any] = []
    shown: list[bool] = []
    generator = np.random.default_rng(3)
    while len(decisions) < 400:
        found = by_ranking(rows_of(decisions=decisions), generator.permutation(len(NUMBERS)))
        audits = set(found.audits.tolist())
        for _ in range(int(generator.integers(1, 6))):
            row = int(found.rows[len(decisions)])
            shown.append(row in audits)
            decisions.append(decided(row, len(decisions) + 1, audit=row in audits))
    blocks = np.array(shown[:400]).reshape(-1, EVERY)
    assert (blocks.sum(axis=1) == 1).all()


def test_the_review_in_view_stays_and_is_an_audit_only_if_it_was_the_next() -> None:
    before = by_ranking(rows_of(), RANKING)
    ranked, audit, later = (int(row) for row in (RANKING[-1], before.audits[0], before.audits[3]))
    while NUMBERS[ranked] < RESERVED:
        ranked -= 1
    for current, is_audit in ((ranked, False), (audit, True), (later, False)):
        found = by_ranking(rows_of(), RANKING[::-1], current)
        assert found.rows[0] == current and (current in found.audits) == is_audit
        assert sorted(found.rows.tolist()) == list(range(len(NUMBERS)))
    assert at_random(rows_of(), ranked).rows[0] == ranked and ranked not in at_random(rows_of(), ranked).audits


def test_decided_reviews_come_first_in_the_order_of_their_decisions() -> None:
    decisions = [decided(7, 3), decided(2000, 1), decided(5, 2), decided(-4, 9)]
    for found in (by_ranking(rows_of(decisions=decisions), RANKING), at_random(rows_of(decisions=decisions))):
        assert found.rows[:3].tolist() == [2000, 5, 7]
        assert not {7, 2000, 5} & set(found.audits.tolist())


def test_at_random_all_are_audits_until_something_was_chosen_out_of_the_sequence() -> None:
    sequence = random_sequence(np.arange(len(NUMBERS)), NUMBERS)
    found = at_random(rows_of())
    assert found.rows.tolist() == sequence.tolist() and set(found.audits.tolist()) == set(sequence.tolist())
    chosen = int(sequence[1500])
    decisions = [
        decided(chosen, 1),
        decided(int(sequence[40]), 2, order="file"),
        decided(int(sequence[0]), 3, audit=True),
    ]
    found = at_random(rows_of(decisions=decisions))
    expected = [row for row in sequence[:1500].tolist() if row not in {int(sequence[0]), int(sequence[40])}]
    assert found.audits.tolist() == expected
    assert audits_until(NUMBERS, decisions) == NUMBERS[chosen]
    assert audits_until(NUMBERS, [decided(chosen, 1, order="random"), decided(3, 2, source="model")]) == 1.0


def test_audits_of_reviews_that_were_chosen_by_a_model_are_no_biased_sample() -> None:
    """The share of hard reviews among audits is that of the pile, although the order brings in hard ones first."""
    hard = np.random.default_rng(4).random(len(NUMBERS)) < 0.2
    ranking = np.lexsort((np.arange(len(hard)), ~hard))
    found = by_ranking(rows_of(), ranking)
    first = found.rows[:1000]
    audits = first[np.isin(first, found.audits)]
    assert len(audits) == 100 and abs(hard[audits].mean() - 0.2) < 0.1
    assert hard[first].mean() > 0.5
