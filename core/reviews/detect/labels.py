"""How raw labels become classes: the scheme, the names of the classes and their order, and what is in doubt.

This uses all distinct raw values and their counts, after the source has been read, so a file that is sorted by label is
no problem. Negative comes before positive; numbers are ordered by size, and other classes alphabetically.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.base.text import clean_line
from core.reviews.detect.evidence import Evidence
from core.reviews.detect.label_doubts import doubts_about, explain
from core.reviews.detect.label_values import MISSING, UNKNOWN, Kind, Values, find_kind, take_values
from core.reviews.detect.names import number_of
from core.reviews.detect.polarity import NEGATIVE, POSITIVE
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import Scale
from core.reviews.detect.words import canonical_label, sentiment_of, shown_spelling, truth_of
from core.reviews.options import ReadingOptions
from core.reviews.report import Doubt

__all__ = ["MISSING", "UNKNOWN", "LabelPlan", "plan_labels"]

_ALIASES = {"neg": NEGATIVE, "pos": POSITIVE}
_INDEXED = re.compile(r"label_(\d+)", re.IGNORECASE)
_RANKED = {1: NEGATIVE, 2: "neutral", 3: POSITIVE}
_LAST = float("inf")
_SAID = 5
"""Labels that a notice names."""


@dataclass
class LabelPlan:
    """The class of each raw value."""

    scheme: str
    schemes: list[str]
    names: list[str]
    classes: dict[str, int] = field(default_factory=dict)
    """Raw value → index in `names`."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Raw value → reason. Every raw value is either here or in `classes`."""
    notices: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    meaning: str = ""
    """How values become classes, in words."""


def plan_labels(
    counts: Mapping[str, int],
    column: str,
    options: ReadingOptions,
    model_labels: Sequence[str] | None = None,
    *,
    answered: bool = False,
    evidence: Evidence | None = None,
) -> LabelPlan:
    """Return the class of every raw value of `column`, given the number of rows with each.

    Args:
        model_labels: The classes of a model, in order. A raw value that is none of them is left out, and the scheme
            "auto" becomes the one that matches most rows.
        answered: Whether annotators accepted or rejected the labels.
        evidence: What can be asked about labels whose name does not say what they mean.

    Raises:
        InputError: The scale in `options` is none.
    """
    given = {_key(raw): name for raw, name in options.label_names.items()}
    values = take_values(counts, column, given, answered)
    kind = find_kind(values.counts, column, options.scale)
    schemes = _schemes(kind, values.counts)
    if options.scheme != "auto":
        candidates = [_usable(options.scheme, kind, values.counts)]
    elif model_labels is None:
        candidates = [_default(kind, values.counts)]
    else:
        candidates = [_default(kind, values.counts) if scheme == "auto" else scheme for scheme in schemes]
        candidates += ["binary"] * (kind.name == "binary" and "binary" not in candidates)
    named = [(scheme, _name_classes(scheme, kind, values, given)) for scheme in candidates]
    if model_labels is None:
        plan = _own_classes(*named[0], schemes)
        unusual = plan.scheme == "stars_binary" and kind.scale is not None and not kind.scale.is_stars
        if unusual or _names_itself(plan):
            plan.notices.append(f"“{clean_line(column, 40)}” means: {explain(kind, plan.scheme, values.counts)}.")
        plan.doubts += doubts_about(kind, plan.scheme, values.counts, column, given, evidence)
    else:
        plans = [_model_classes(scheme, names, schemes, model_labels) for scheme, names in named]
        plan = max(plans, key=lambda one: sum(counts[raw] for raw in one.classes))
    plan.meaning = explain(kind, plan.scheme, values.counts)
    plan.left_out.update(values.left_out)
    plan.notices += values.notices
    return plan


def _names_itself(plan: LabelPlan) -> bool:
    """Return whether truth values are classes of another kind than negative and positive."""
    return plan.scheme == "binary" and not {NEGATIVE, POSITIVE} & set(plan.names)


def _schemes(kind: Kind, counts: Mapping[str, int]) -> list[str]:
    if kind.name == "rating":
        whole = _are_whole(counts)
        return ["stars_binary", "stars", "as_is"] if whole else ["stars_binary", "as_is"]
    if kind.name == "sentiment" or (kind.meaning is not None and kind.meaning.said != "nothing"):
        return ["auto", "as_is"]
    return ["as_is"]


def _default(kind: Kind, counts: Mapping[str, int]) -> str:
    """Return the scheme that "auto" stands for. A rating of three points is three classes, if it has no decimals."""
    if kind.name == "rating":
        return "as_is" if _are_whole(counts) and kind.scale is not None and kind.scale.points <= 3 else "stars_binary"
    if kind.name == "binary":
        return "as_is" if kind.meaning is None or kind.meaning.said == "nothing" else "binary"
    return "sentiment" if kind.name == "sentiment" else "as_is"


def _are_whole(counts: Mapping[str, int]) -> bool:
    """Return whether all ratings are whole numbers."""
    return all(value.is_integer() for value in map(_value, counts) if value is not None)


def _usable(scheme: str, kind: Kind, counts: Mapping[str, int]) -> str:
    """Return the scheme that the user named; ratings of a column that has none are told when nothing fits."""
    return _default(kind, counts) if scheme == "auto" else scheme


@dataclass
class _Names:
    """Raw value → (name of its class, sort key of that class), and the values that are left out."""

    names: dict[str, tuple[str, tuple[float, str]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def _name_classes(scheme: str, kind: Kind, values: Values, given: Mapping[str, str]) -> _Names:
    result = _Names()
    spellings = _spellings(values.counts) if scheme == "as_is" else {}
    for raw, value in values.of.items():
        name, order, reason = _class_of(value, scheme, kind, spellings)
        chosen = given.get(_key(raw), given.get(_key(value), given.get(_key(name)) if name else None))
        if chosen is not None:
            result.names[raw] = chosen, order
        elif reason:
            result.left_out[raw] = reason
        else:
            result.names[raw] = name, order
    merged = {spelling for value, spelling in spellings.items() if value != spelling and number_of(spelling) is None}
    if merged:
        same = ", ".join(f"“{clean_line(spelling, 30)}”" for spelling in sorted(merged)[:_SAID])
        result.notices.append(
            "Spellings that differ only in case, white space, invisible characters, a full stop or length (neg, pos) "
            f"are one class: {same}."
        )
    return result


def _class_of(value: str, scheme: str, kind: Kind, spellings: Mapping[str, str]) -> tuple[str, tuple[float, str], str]:
    """Return the name of the class, its sort key, and, if the value belongs to no class, the reason."""
    nowhere = (9.0, value)
    if scheme == "as_is":
        name = spellings[value]
        number = _value(value)
        return name, (_LAST if number is None else number, name.casefold()), ""
    if scheme == "binary":
        truth, meaning = truth_of(value), kind.meaning
        if truth is None:
            return "", nowhere, UNKNOWN
        says = meaning is not None and meaning.said != "nothing"
        name = ((meaning.false, meaning.true) if meaning and says else (NEGATIVE, POSITIVE))[truth]
        return name, (float(name == POSITIVE if name in (NEGATIVE, POSITIVE) else truth), ""), ""
    number = _value(value)
    if scheme == "sentiment":
        rank = kind.ranks.get(number) if number is not None else None
        return (_RANKED[rank], (float(rank), ""), "") if rank is not None else ("", nowhere, UNKNOWN)
    return _class_of_rating(value, number, scheme, kind.scale)


def _class_of_rating(
    value: str, number: float | None, scheme: str, scale: Scale | None
) -> tuple[str, tuple[float, str], str]:
    """Return the class of a rating as `_class_of` does."""
    nowhere = (9.0, value)
    if number is None or scale is None or (scheme == "stars" and not number.is_integer()):
        return "", nowhere, UNKNOWN
    stars = scale.is_stars
    shown = f"{number:g} star" + ("" if number == 1 else "s") if stars else f"{number:g} of {scale.high:g}"
    if scheme == "stars":
        return shown, (number, ""), ""
    if number <= scale.low - 1:
        return "", nowhere, f"{shown}: not on the scale of {scale}"
    polarity = scale.polarity(number)
    if polarity == 0:
        return "", (number, ""), f"{shown}: neither negative nor positive"
    return (POSITIVE if polarity > 0 else NEGATIVE), (float(polarity), ""), ""


def _value(value: str) -> float | None:
    rating = rating_of(value)
    return None if rating is None else rating.value


def _spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Return value → the spelling to use: whole numbers without `.0`, otherwise the most frequent one."""
    groups: dict[str, list[str]] = {}
    keys = {_key(value) for value in counts}
    for value in counts:
        key = _key(value)
        groups.setdefault(_ALIASES[key] if _ALIASES.get(key) in keys else key, []).append(value)
    result = {}
    for key, values in groups.items():
        spelled = [value for value in values if _key(value) == key]
        best = min(spelled, key=lambda value: (-counts[value], value))
        best = key if number_of(key) is not None else shown_spelling(best) or best
        result.update(dict.fromkeys(values, best))
    return result


def _key(raw: str) -> str:
    """Return the same spelling for equal values: `4.0`, `4,0` and `4`, `Positive` and `positive.`"""
    rating = rating_of(raw)
    if rating is None or rating.form != "number" or abs(rating.value) >= 2**53:
        return canonical_label(raw)
    return str(int(rating.value)) if rating.value.is_integer() else repr(rating.value)


def _own_classes(scheme: str, found: _Names, schemes: list[str]) -> LabelPlan:
    """Return the classes in the data, ordered by sentiment if all names are sentiments, otherwise by their values."""
    keys: dict[str, tuple[float, str]] = {}
    for name, order in found.names.values():
        keys[name] = min(order, keys.get(name, order))
    ranks = {name: sentiment_of(name) for name in keys}
    if all(rank is not None for rank in ranks.values()):
        names = sorted(keys, key=lambda name: (ranks[name] or 0, keys[name]))
    else:
        names = sorted(keys, key=lambda name: (keys[name], name))
    classes = {raw: names.index(name) for raw, (name, _) in found.names.items()}
    return LabelPlan(scheme, schemes, names, classes, found.left_out, found.notices)


def _model_classes(scheme: str, found: _Names, schemes: list[str], model_labels: Sequence[str]) -> LabelPlan:
    """Match values with the classes of a model: by name, in any spelling, or by number for names such as `LABEL_1`."""
    indices: dict[str, int] = {}
    for index, label in enumerate(model_labels):
        indices.setdefault(_alias(label), index)
        if match := _INDEXED.fullmatch(label):
            indices.setdefault(str(int(match[1])), index)
            if len(model_labels) == 2:
                indices.setdefault((NEGATIVE, POSITIVE)[index], index)
    classes: dict[str, int] = {}
    left_out = dict(found.left_out)
    for raw, (name, _) in found.names.items():
        matched = indices.get(_alias(name), indices.get(_alias(raw)))
        if matched is None:
            left_out[raw] = UNKNOWN
        else:
            classes[raw] = matched
    notices = list(found.notices)
    unknown = [clean_line(raw, 30) for raw, reason in left_out.items() if reason == UNKNOWN]
    if unknown:
        shown = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        notices.append(
            f"The model does not know the label {shown}; it knows {', '.join(clean_line(n, 30) for n in model_labels)}."
        )
    return LabelPlan(scheme, schemes, list(model_labels), classes, left_out, notices)


def _alias(name: str) -> str:
    key = _key(name)
    return _ALIASES.get(key, key)
