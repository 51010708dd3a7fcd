"""The result of a comparison, as `compare --json` prints it and as it is kept. It loads neither torch nor numpy.

Scores and differences are fractions, as in `evaluate --json`: 0.01 is one point.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DEFAULT_MARGIN = 0.01
"""Differences in accuracy up to this count as none, unless something else is asked: one point."""
Value = bool | int | float | str | None


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run's model scores on the compared rows, and what it costs."""

    run: str
    name: str
    arm: int
    """Index of what the user named: itself, or the group that it belongs to."""
    model: str
    seed: int | None
    accuracy: float
    macro_f1: float
    loss: float
    """Mean cross-entropy, in nats."""
    ece: float
    """Expected calibration error."""
    ece_null_95: float
    """What 95 % of perfectly calibrated models stay below on as many rows."""
    classified: int
    """Rows that were classified for this comparison; the answers to the others were stored with the run."""
    parameters: int | None
    model_bytes: int | None
    """Size of the model's folder on the disk."""
    peak_memory_bytes: int | None
    """The most memory in use while it trained."""
    seconds: float | None
    """Of training."""
    found_layers: bool = False
    """Whether an earlier run had computed its frozen layers, which the time of training then leaves out."""
    reviews_per_second: float | None = None
    one_review_seconds: float | None = None
    """Median time for one review alone."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A difference, a − b, with its 95 % interval."""

    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    """Adjusted for the other pairs of this comparison (Holm)."""


class PairReport(Estimate, frozen=True, kw_only=True):
    """Two models on the same rows; the difference is in accuracy."""

    a: str
    """Id of the run."""
    b: str
    both_right: int
    only_a: int
    only_b: int
    neither: int
    answered_differently: int
    """Rows to which the two give different classes, be one of them right or none."""
    verdict: str
    """Of a: better, worse, practically equal or not distinguishable."""
    smallest_visible: float | None
    """The smallest true difference that a comparison like this sees in 80 of 100 cases, given how many of these rows
    exactly one of the two gets right; None if such rows show no difference at all."""
    macro_f1: Estimate
    speed_ratio: float | None = None
    """Time that a takes to classify, over that of b; None if it was not measured, or on a busy machine."""
    sentence: str
    """The verdict with what it rests on, and its price."""


class SettingReport(msgspec.Struct, frozen=True, kw_only=True):
    """Two settings, each trained with several seeds, compared on the same rows."""

    a: str
    """Id of the group."""
    b: str
    seeds_a: int
    seeds_b: int
    mean_a: float
    """Of the accuracies of its runs."""
    lowest_a: float
    highest_a: float
    mean_b: float
    lowest_b: float
    highest_b: float
    apart: bool
    """Whether every run of one beats every run of the other."""
    method: str
    """Ranges (too few seeds for a test), paired t test, or Welch's t test."""
    seeds: int
    """Seeds that were compared."""
    tested: Estimate | None
    """None if there were too few seeds."""
    verdict: str | None
    """Of a; None if there were too few seeds."""
    smallest_visible: float | None
    """The smallest true difference that as many seeds see in 80 of 100 cases, if they vary as these do."""
    sentence: str


class ArmReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the user named: a run, or a group of runs that differ in their seed."""

    id: str
    name: str
    kind: Literal["run", "seeds"]


class SpeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the speeds were measured."""

    reviews: int
    """In a batch, the same ones for every model."""
    rounds: int
    """In each round every model took its turn."""
    lost: float
    """Share of the time that this process waited for others."""
    comparable: bool
    """Whether the machine was idle enough to compare them."""


class DifferingSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that is not the same in all arms."""

    setting: str
    values: tuple[Value, ...]
    """One for each arm, in order."""


class ComparisonReport(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of runs."""

    id: str = ""
    """Name of the file that it is kept in; empty if it is not kept."""
    time: float
    """When it was made, in seconds since 1970."""
    question: str
    """What it answers: which of these models is better on such rows, or which setting trains better models."""
    data: str
    """Where the rows come from."""
    rows: int
    """Rows that were compared."""
    excluded: int
    """Rows that were left out."""
    left_out: dict[str, int]
    """Reason → number of rows left out."""
    trained_on: dict[str, int]
    """Run → how many of the rows its model was trained on; these are left out."""
    labels: tuple[str, ...]
    margin: float
    """The largest difference that counts as none."""
    arms: tuple[ArmReport, ...]
    runs: tuple[RunReport, ...]
    pairs: tuple[PairReport, ...]
    """Every two runs that are not of one group; empty if settings were compared."""
    settings: tuple[SettingReport, ...]
    """Every two groups, if settings were compared."""
    differing_settings: tuple[DifferingSetting, ...]
    speed: SpeedReport | None
    """None if the speeds could not be measured; a note says why."""
    notes: tuple[str, ...]
    file: str | None = None
    """Where the comparison is kept."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict about each pair."""
        return (*(one.sentence for one in self.settings), *(one.sentence for one in self.pairs))

    def run(self, id: str) -> RunReport:
        """Return one of the runs."""
        return next(one for one in self.runs if one.run == id)

    def name(self, id: str) -> str:
        """Return the name of a run or of a group."""
        names = {one.run: one.name for one in self.runs} | {one.id: one.name for one in self.arms}
        return names.get(id, id)
