"""What all workers of a run have spent their time on is the sum of what each says last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.runs.history import RunHistory
from core.runs.records import Record
from tests.core.runs.whole_records import record

PARTS = ("input", "forward", "backward", "optimizer", "evaluation", "checkpoint", "paused", "elapsed")
worker = st.lists(st.floats(0, 1000), max_size=4).map(sorted)


@given(st.lists(worker, max_size=4), st.booleans())
def test_the_last_words_of_all_workers_add_up(workers: list[list[float]], first_is_cut_off: bool) -> None:
    """Also if a later worker has counted further than an earlier one, or the first record of the journal is lost."""
    records: list[Record] = []
    for number, counted in enumerate(workers):
        if number or not first_is_cut_off:
            records.append(record("started"))
        records += [record("time", step=number, **dict.fromkeys(PARTS, seconds)) for seconds in counted]
    history = RunHistory()
    history.update(records)
    found, last = history.time_spent(), [counted[-1] for counted in workers if counted]
    if not last:
        assert found is None
        return
    assert found is not None and [getattr(found, part) for part in PARTS] == [sum(last)] * len(PARTS)
    assert found.step == max(number for number, counted in enumerate(workers) if counted)
    assert [len(times) for times in history.times_by_worker()] == [len(counted) for counted in workers if counted]
