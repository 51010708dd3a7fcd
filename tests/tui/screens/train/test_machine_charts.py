"""What a run records about the machine is charted as it was recorded: gaps between workers, and 0, 1 or 8 GPUs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.history import RunHistory
from core.runs.records import Record
from tests.core.runs.whole_records import WHOLE, record
from tui.screens.train.chart_data import Charted
from tui.screens.train.charts import CHARTS
from tui.screens.train.samples import PARTS, Samples

GPU = WHOLE["memory"]["devices"][0]


def memory(time: float, gpus: int = 0, **fields: Any) -> Record:
    devices = [{**GPU, "index": index, "utilisation": 0.5 + index / 100, "power": 300.0} for index in range(gpus)]
    return record("memory", **{"time": time, "devices": devices, **fields})


def history_of(records: list[Record]) -> RunHistory:
    history = RunHistory()
    history.update(records)
    return history


def followed(history: RunHistory) -> Samples:
    samples = Samples()
    samples.follow(history)
    return samples


WORKERS = st.lists(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1 << 40)), max_size=8), min_size=1, max_size=4)


@given(WORKERS, st.floats(0, 1e5), st.data())
def test_samples_that_come_bit_by_bit_are_those_of_the_whole(
    workers: list[list[tuple[float, int]]], pause: float, data: st.DataObject
) -> None:
    time, records, expected = 1e9, [], []
    for worker in workers:
        records.append(record("started", time=time))
        for number, (seconds, size) in enumerate(worker):
            time += seconds
            expected += [None] if expected and number == 0 else []
            expected.append(size)
            records.append(memory(time, process=size))
        time += pause
    history, samples = RunHistory(), Samples()
    for one in records:
        history.update([one])
        if data.draw(st.booleans()):
            samples.follow(history)
    samples.follow(history)
    whole = followed(history)
    assert list(samples.seconds) == list(whole.seconds) == sorted(samples.seconds)
    assert [None if math.isnan(size) else size for size in samples.process] == expected
    if samples.seconds:
        worked = sum(sum(seconds for seconds, _ in worker[1:]) for worker in workers)
        assert samples.seconds[-1] - samples.seconds[0] == pytest.approx(worked, abs=0.1 * len(expected) + 0.2)


@pytest.mark.parametrize("count", [0, 1, 8])
def test_every_gpu_has_a_curve_of_what_it_tells(count: int) -> None:
    plan = record("plan", device="cuda" if count else "cpu")
    history = history_of([plan, record("started"), *(memory(1e9 + second, count) for second in range(3))])
    charted = Charted(history, samples=followed(history))
    assert len(CHARTS["GPU utilisation"].draw(charted).series) == count
    power = CHARTS["GPU power"].draw(charted)
    assert [list(one.ys) for one in power.series] == [[300.0] * 3] * count
    assert CHARTS["GPU temperature"].draw(charted).series == []
    series = CHARTS["memory"].draw(charted).series
    assert len(series) == (2 * count if count else 1)


def test_a_gpu_that_comes_later_or_cannot_be_read_has_gaps() -> None:
    broken = {"index": 0, "name": "GPU 0", "error": "lost"}
    records = [memory(1e9), memory(1e9 + 1, 1), memory(1e9 + 2, devices=[broken])]
    values = followed(history_of(records)).gpus[0, "utilisation"]
    assert [math.isnan(value) for value in values] == [True, False, True]


def test_processors_are_shown_beside_those_that_the_worker_may_use() -> None:
    told = {"processors": 2, "processors_ours": 1.5, "processors_busy": 1.75, "lost": 0.125}
    history = history_of([memory(1e9), memory(1e9 + 1, **told)])
    charted = Charted(history, samples=followed(history))
    found = CHARTS["processors"].draw(charted)
    assert [(one.name, one.ys[-1]) for one in found.series] == [("ours", 1.5), ("all", 1.75)]
    assert found.references == [("may use", 2.0)]
    waits = CHARTS["waiting"].draw(charted).series
    assert [(one.name, one.ys[-1]) for one in waits] == [("for a processor", 0.125)]
    before = history_of([memory(1e9)])
    assert CHARTS["processors"].draw(Charted(before, samples=followed(before))).series == []


SPENT = st.lists(st.lists(st.floats(0, 5), min_size=len(PARTS), max_size=len(PARTS)), max_size=6)


@given(st.lists(SPENT, max_size=3))
def test_shares_of_the_time_are_those_between_two_records(workers: list[list[list[float]]]) -> None:
    records: list[Record] = []
    expected: list[dict[str, float]] = []
    for worker in workers:
        total, elapsed = dict.fromkeys(PARTS, 0.0), 0.0
        for spent in worker:
            took = sum(spent) + 1.0
            elapsed += took
            expected.append({part: one / took for part, one in zip(PARTS, spent, strict=True)})
            total = {part: total[part] + one for part, one in zip(PARTS, spent, strict=True)}
            records.append(record("time", step=1, elapsed=elapsed, **total))
    samples = followed(history_of(records))
    kept = [{part: samples.shares[part][at] for part in PARTS} for at in range(len(samples.time_seconds))]
    if len(workers) <= 1:  # the first record of a later worker is told from the last of the one before by its times
        assert len(kept) == len(expected)
        for one, other in zip(kept, expected, strict=True):
            assert one == pytest.approx(other, abs=1e-6)
    assert all(0 <= share <= 1 for one in kept for share in one.values())


def test_layers_are_rows_of_a_heat_map_at_the_steps_that_were_looked_at() -> None:
    def layers(step: int, head: float) -> Record:
        parts = [("embeddings", 0.25), ("head", head)]
        return record(
            "layers",
            step=step,
            parts=[{"name": name, "gradient_norm": norm, "update_ratio": norm / 1000} for name, norm in parts],
        )

    steps = [record("step", step=step, epoch=step / 10, seconds=step / 2.0) for step in range(1, 11)]
    history = history_of([*steps, layers(1, 0.5), layers(8, 2.0)])
    for axis, places in (("step", [1, 8]), ("epoch", [0.1, 0.8]), ("seconds", [0.5, 4.0])):
        found = CHARTS["gradients by layer"].draw(Charted(history, axis=axis)).series  # type: ignore[arg-type]
        assert [(one.name, list(one.xs), list(one.ys)) for one in found] == [
            ("embeddings", places, [0.25, 0.25]), ("head", places, [0.5, 2.0])
        ]  # fmt: skip
    (_, head) = CHARTS["updates by layer"].draw(Charted(history)).series
    assert list(head.ys) == [0.0005, 0.002] and head.style == "heat"
