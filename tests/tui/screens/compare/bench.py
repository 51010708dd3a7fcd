"""A comparison as the engine answers it."""

from __future__ import annotations

from typing import Any

import msgspec

from core.comparison.report import (
    ArmReport,
    ComparisonReport,
    DifferingSetting,
    Estimate,
    PairReport,
    RunReport,
    SettingReport,
    SpeedReport,
)
from core.runs.folder import RunFolder

EQUAL = Estimate(difference=0.004, low=-0.009, high=0.017, p_value=0.41, p_adjusted=0.41)


def run_report(run: str, name: str, arm: int, **changes: Any) -> RunReport:
    found = RunReport(
        run=run, name=name, arm=arm, model="starter", seed=1, accuracy=0.91, macro_f1=0.905, loss=0.24, ece=0.03,
        ece_null_95=0.05, classified=0, parameters=22_713_986, model_bytes=91 << 20, peak_memory_bytes=900 << 20,
        seconds=83.0, reviews_per_second=512.0, one_review_seconds=0.0123,
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def pair_report(a: str, b: str, **changes: Any) -> PairReport:
    estimate = {name: getattr(EQUAL, name) for name in Estimate.__struct_fields__}
    found = PairReport(
        a=a, b=b, both_right=330, only_a=12, only_b=10, neither=25, answered_differently=22, **estimate,
        verdict="not distinguishable", smallest_visible=0.042, macro_f1=EQUAL, speed_ratio=1.9,
        sentence="+0.4 points (−0.9…+1.7) on 377 rows: not distinguishable; takes 1.9× the time to classify",
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def report_of(runs: list[tuple[str, str]], **changes: Any) -> ComparisonReport:
    """A comparison of runs (id, name), every two of them a pair."""
    found = ComparisonReport(
        id="20260901-120000-0000", time=1_790_000_000.0, question="which of these two models is right more often",
        data="the validation rows that all of them share", rows=377, excluded=3,
        left_out={"trained on by a compared model": 3}, trained_on={runs[0][0]: 3}, labels=("negative", "positive"),
        margin=0.01, arms=tuple(ArmReport(id=id, name=name, kind="run") for id, name in runs),
        runs=tuple(run_report(id, name, arm) for arm, (id, name) in enumerate(runs)),
        pairs=tuple(pair_report(a, b) for n, (a, _) in enumerate(runs) for b, _ in runs[n + 1 :]), settings=(),
        differing_settings=(DifferingSetting(setting="epochs", values=tuple(range(10, 10 + len(runs)))),),
        speed=SpeedReport(reviews=128, rounds=5, lost=0.01, comparable=True),
        notes=("The validation rows also chose which weights each run kept, so all scores are a little too good.",),
        file="/home/comparisons/x.json",
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def settings_report() -> ComparisonReport:
    """Two groups of three seeds."""
    arms = tuple(ArmReport(id=f"g{arm}", name=name, kind="seeds") for arm, name in enumerate(("ten", "twenty")))
    runs = tuple(
        run_report(f"r{arm}{seed}", f"{one.name}-seed-{seed}", arm, seed=seed, accuracy=0.9 + 0.01 * seed)
        for arm, one in enumerate(arms)
        for seed in (1, 2, 3)
    )
    setting = SettingReport(
        a="g0", b="g1", seeds_a=3, seeds_b=3, mean_a=0.92, lowest_a=0.91, highest_a=0.93, mean_b=0.92, lowest_b=0.91,
        highest_b=0.93, apart=False, method="ranges", seeds=3, tested=None, verdict=None, smallest_visible=None,
        sentence="0.0 points on average over 3 seeds, 91.0…93.0 % against 91.0…93.0 %: the ranges overlap",
    )  # fmt: skip
    question = "which setting trains the better model, with other seeds on these rows"
    two = report_of([("g0", "ten"), ("g1", "twenty")], question=question)
    return msgspec.structs.replace(two, arms=arms, runs=runs, pairs=(), settings=(setting,), speed=None, trained_on={})


def folders(*runs: RunFolder) -> list[tuple[str, str]]:
    return [(run.id, run.path.name[-4:]) for run in runs]
