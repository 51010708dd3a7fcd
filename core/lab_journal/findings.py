"""What came out of a group of runs, in sentences, from its `result.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from core.base.text import clean_line
from core.comparison.report import ComparisonReport
from core.lab_journal.entry import Verdict
from core.lab_journal.verdicts import sentences
from core.runs.group import Kind
from core.runs.outline import Value
from core.suspicion.report import Suspicions, in_words

_EFFECTS = 4
"""Effects of settings that are told, the surest first."""


class _Spread(msgspec.Struct, frozen=True):
    mean: float
    min: float | None = None
    max: float | None = None
    sd: float | None = None
    values: tuple[float, ...] = ()


class _Scores(msgspec.Struct, frozen=True):
    accuracy: _Spread | None = None
    macro_f1: _Spread | None = None
    loss: _Spread | None = None
    runs: tuple[str, ...] = ()


class _Of(msgspec.Struct, frozen=True):
    accuracy: float
    macro_f1: float
    loss: float
    rows: int = 0


class _Winner(msgspec.Struct, frozen=True):
    name: str
    validation: _Of
    settings: dict[str, Value | None] = {}
    epochs: float | None = None


class _Optimism(msgspec.Struct, frozen=True):
    points: float
    contenders: int


class _Effect(msgspec.Struct, frozen=True):
    setting: str
    change: str
    effect: float
    low: float
    high: float


class _Sweep(msgspec.Struct, frozen=True):
    metric: str
    trials: int
    failed: int = 0
    winner: _Winner | None = None
    optimism: _Optimism | None = None
    confirmation: _Scores | None = None
    test: _Of | None = None
    effects: tuple[_Effect, ...] = ()


class _Outcome(msgspec.Struct, frozen=True):
    outcome: str = ""


class _Distilled(msgspec.Struct, frozen=True):
    sentence: str = ""
    winner: _Winner | None = None
    comparison: _Outcome | None = None


class _Model(_Scores, frozen=True):
    model: str = ""


class _Compared(msgspec.Struct, frozen=True):
    """Of any group that ends in a comparison."""

    models: tuple[_Model, ...] = ()
    comparison: ComparisonReport | None = None
    no_comparison: str = ""


def findings_of(kind: Kind, result: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what came out of a group; nothing if it has not ended."""
    if result is None:
        return ()
    try:
        return tuple(_OF_KIND[kind](result))
    except msgspec.ValidationError:
        return ("Its result.json cannot be read.",)


def value_text(value: Value | None) -> str:
    """Return the value of a setting in text: `none`, `on`, `1e-5`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else clean_line(value, 60)


def _seeds(result: Mapping[str, Any]) -> list[str]:
    found = msgspec.convert(result, _Scores)
    return _spreads(found, f"over {len(found.runs)} seeds") if found.runs else ["No run has scores."]


def _spreads(scores: _Scores, over: str) -> list[str]:
    said = []
    for name, one in (("accuracy", scores.accuracy), ("macro F1", scores.macro_f1), ("loss", scores.loss)):
        if one is not None:
            sd = f" ± {one.sd:.4f} (standard deviation)" if one.sd is not None else ""
            ends = f", {one.min:.4f} to {one.max:.4f}" if one.min is not None and one.max is not None else ""
            said.append(f"{name} {one.mean:.4f}{sd} {over}{ends}")
    return said


def _sweep(result: Mapping[str, Any]) -> list[str]:
    found = msgspec.convert(result, _Sweep)
    best = found.winner
    if best is None:
        return [f"None of {found.trials} trials has scores."]
    settings = ", ".join(f"{clean_line(name, 40)} {value_text(value)}" for name, value in best.settings.items())
    failed = f", {found.failed} of which failed" if found.failed else ""
    said = [
        f"Winner of {found.trials} trials{failed}: {clean_line(best.name, 60)} ({settings}), {_of(best.validation)} on "
        "the validation rows that chose it."
    ]
    if found.optimism is not None:
        said.append(
            f"That is probably {found.optimism.points:.1f} points too high: it is the best of "
            f"{found.optimism.contenders} that these rows do not distinguish."
        )
    if found.test is not None:
        said.append(f"On {found.test.rows:,} test reviews: {_of(found.test)}.")
    if found.confirmation is not None and found.confirmation.accuracy is not None:
        again = found.confirmation.accuracy
        values = ", ".join(f"{value:.4f}" for value in again.values)
        said.append(f"With fresh seeds: accuracy {again.mean:.4f} ({values}).")
    return [*said, *(_effect(one, found.metric) for one in sorted(found.effects, key=_sureness)[:_EFFECTS])]


def _sureness(one: _Effect) -> float:
    """Return a number that is low if an effect is large beside its interval."""
    return -abs(one.effect) / max(one.high - one.low, 1e-9)


def _effect(one: _Effect, metric: str) -> str:
    factor, unit = (-1, "of loss") if metric == "loss" else (100, "points")
    low, high = sorted((factor * one.low, factor * one.high))
    ends = f"{low:+.2f}…{high:+.2f}".replace("-", "−")
    middle = f"{factor * one.effect:+.2f}".replace("-", "−")
    return f"{clean_line(one.setting, 40)} {clean_line(one.change, 80)}: {middle} {unit} ({ends})."


def _of(one: _Of) -> str:
    return f"accuracy {one.accuracy:.4f}, macro F1 {one.macro_f1:.4f}, loss {one.loss:.4f}"


def _compared(result: Mapping[str, Any]) -> list[str]:
    found = msgspec.convert(result, _Compared)
    said = []
    for one in found.models:
        if one.accuracy is not None:
            seeds = f"{len(one.runs)} seed{'s' * (len(one.runs) != 1)}"
            said.append(f"{clean_line(one.model, 80)}: accuracy {one.accuracy.mean:.4f} over {seeds}.")
    if found.comparison is not None:
        return [*said, *(f"{one}." for one in sentences(found.comparison))]
    return [*said, clean_line(found.no_comparison, 300)] if found.no_comparison else said


def _distilled(result: Mapping[str, Any]) -> list[str]:
    best = msgspec.convert(result, _Distilled).winner
    return [f"The better student is {clean_line(best.name, 60)}: {_of(best.validation)}."] if best is not None else []


def _doubted(result: Mapping[str, Any]) -> list[str]:
    found = result.get("suspects")
    return [in_words(msgspec.convert(found, Suspicions))] if found else [clean_line(result["sentence"], 300)]


def verdict_of(kind: Kind, result: Mapping[str, Any] | None) -> Verdict | None:
    """Return the verdict that a group itself ends in: that of a student against its teacher."""
    if kind != "distillation" or result is None:
        return None
    try:
        found = msgspec.convert(result, _Distilled)
    except msgspec.ValidationError:
        return None
    outcome = found.comparison.outcome if found.comparison is not None else ""
    return Verdict(sentence=clean_line(found.sentence), verdict=outcome or None) if found.sentence else None


_OF_KIND: dict[Kind, Callable[[Mapping[str, Any]], list[str]]] = {
    "seeds": _seeds,
    "sweep": _sweep,
    "versus": _compared,
    "distillation": _distilled,
    "folds": _doubted,
}
