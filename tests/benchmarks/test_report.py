"""The report from figures made up: what stands in the table, which goals count as met, what is said to be uncertain."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.cases import FULL, GOALS, OURS
from benchmarks.formatting import digits, markdown
from benchmarks.report import accuracy_of, is_met, memory_of, ratios, reached, render, table_of

GOAL = {goal.title: goal for goal in GOALS}


def run(peer: str, repeat: int, seconds: float, **fields: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "cpu_seconds": 2 * seconds,
        "peak_bytes": 10**9,
        "process_seconds": seconds + 5,
        "scale": 1.0,
    }
    usual |= {"baseline_bytes": 5 * 10**8, "notes": {"whole_run_peak_bytes": 2**31}}
    return {"peer": peer, "repeat": repeat, "seconds": seconds, "accuracy": 0.9, "tokens": 10**6, **usual, **fields}


def case(runs: list[dict[str, Any]], majority: float = 0.6) -> dict[str, Any]:
    data = {"name": "long", "source": "a.csv", "train_rows": 80, "held_out_rows": 20, "majority": majority}
    return {
        "title": "a title",
        "task": "train",
        "date": "2026-01-02 03:04 UTC",
        "commit": "abc1234",
        "load_before": 0.1,
        "model": "starter",
        "data": data,
        "training": {"epochs": 3},
        "linear_weights": 10**7,
        "peak_tflops": 2.0,
        "searched": {},
        "peers": list(dict.fromkeys(one["peer"] for one in runs if one["peer"] != OURS)),
        "runs": [{"agreement": None, **one} for one in runs],
    }


def results(**cases: dict[str, Any]) -> dict[str, Any]:
    machine = {
        "processor": "P",
        "flags": [],
        "threads": 2,
        "memory_gib": 8.0,
        "system": "S",
        "versions": {"torch": "2"},
    }
    return {
        "machine": machine,
        "smoke": False,
        "cases": {name.replace("_", "-"): found for name, found in cases.items()},
    }


def pairs(peer: str, ours: list[float], theirs: list[float], **fields: Any) -> list[dict[str, Any]]:
    """Runs as they come: ours, the peer, ours, the peer."""
    both = zip(ours, theirs, strict=True)
    return [one for n, (a, b) in enumerate(both, 1) for one in (run(OURS, n, a), run(peer, n, b, **fields))]


def test_a_row_has_medians_spread_and_ratios_of_pairs() -> None:
    table = table_of(results(freeze=case(pairs("hf_tuned", [1.0, 2.0, 4.0], [2.0, 6.0, 10.0], peak_bytes=2 * 10**9))))
    row = table.splitlines()[2]
    assert "2.00 (1.00–4.00)" in row and "6.00 (2.00–10.0)" in row
    assert "2.50× (2.00–3.00)" in row
    assert "0.50× (0.50–0.50)" in row  # memory: ours by theirs
    assert row.endswith("| 3 |")


def test_a_part_that_was_measured_is_multiplied_up_and_marked() -> None:
    found = case(pairs("lab_loop", [3.0], [30.0], scale=10.0))
    assert ratios(found, "lab_loop", "seconds").median == 100
    table = table_of(results(lab=found))
    assert "| 300 † |" in table and "Extrapolated" in table


def test_no_mark_where_all_was_measured() -> None:
    assert "†" not in table_of(results(lab=case(pairs("lab_loop", [3.0], [300.0]))))


def test_a_goal_over_several_cases_waits_for_all_of_them() -> None:
    fast = GOAL["full fine-tuning against hf_tuned"]
    cases = {
        name: case(pairs("hf_tuned", [1.0], [peer])) for name, peer in zip(FULL, (1.0, 2.0, 4.0, 2.0), strict=True)
    }
    assert reached(fast, cases) == pytest.approx(2.0)
    assert reached(GOAL["full fine-tuning against hf_tuned, the worst case"], cases) == 1.0
    del cases[FULL[0]]
    assert reached(fast, cases) is None


def test_the_worst_memory_is_the_largest_share() -> None:
    goal = GOAL["peak memory against hf_tuned, the worst case"]
    sizes = (2, 4, 5, 8)
    cases = {
        name: case(pairs("hf_tuned", [1.0], [1.0], peak_bytes=size * 10**9))
        for name, size in zip(FULL, sizes, strict=True)
    }
    assert reached(goal, cases) == 0.5
    assert is_met(goal, 0.5) and is_met(goal, 0.7) and not is_met(goal, 0.71)


def test_memory_is_that_of_both_sides_and_of_our_whole_run() -> None:
    found = memory_of(results(starter_long=case(pairs("hf_tuned", [1.0], [1.0], peak_bytes=3 * 2**30))))
    assert "| starter-long | ours | 477 | 954 | 2048 |" in found
    assert "| starter-long | hf_tuned | 477 | 3072 |  |" in found


def test_a_lower_limit_is_met_from_above() -> None:
    goal = GOAL["lower half frozen against hf_tuned"]
    assert is_met(goal, 2.6) and is_met(goal, 2.5) and not is_met(goal, 2.4)


def test_an_accuracy_near_the_most_frequent_label_is_said_to_tell_nothing() -> None:
    runs = pairs("hf_tuned", [1.0], [1.0])
    assert "too near the guess" in accuracy_of(results(freeze=case(runs, majority=0.89)))
    assert "too near the guess" not in accuracy_of(results(freeze=case(runs, majority=0.6)))


def test_accuracies_differ_in_points_of_their_means() -> None:
    runs = [run(OURS, n, 1.0, accuracy=a) for n, a in enumerate((0.90, 0.92), 1)]
    runs += [run("hf_tuned", n, 1.0, accuracy=a) for n, a in enumerate((0.91, 0.90), 1)]
    table = accuracy_of(results(freeze=case(runs)))
    assert "| 0.910 (0.900–0.920) | 0.905 (0.900–0.910) | +0.5 | 0.600 | 20 × 2 |" in table


def test_a_report_of_one_case_is_whole_and_says_what_is_missing() -> None:
    report = render(results(starter_long=case(pairs("hf_tuned", [10.0], [25.0]))))
    assert "| full fine-tuning against hf_tuned (geometric mean) | ≥ 2 | not measured |  |" in report
    assert "| starter-long | 2.00 | 300.0% | 120.0% |" in report  # 6 × 10⁷ × 10⁶ / 10 s / 2 TFLOP/s
    assert "2026-01-02 03:04 UTC" in report and "abc1234" in report
    assert "smoke" not in report


def test_a_busy_machine_is_named() -> None:
    found = case(pairs("hf_tuned", [1.0], [2.0]))
    assert "busy" not in render(results(freeze=found))
    assert "1.50 (busy)" in render(results(freeze={**found, "load_before": 1.5}))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1234"), (99.94, "99.9"), (10.0, "10.0"), (1.0, "1.00"), (0.1, "0.100"), (0.0098, "0.0098")],
)
def test_seconds_have_three_digits(value: float, text: str) -> None:
    assert digits(value) == text


def test_a_table_without_rows_is_a_sentence() -> None:
    assert markdown(["a", "b"], []) == "Not measured.\n"
