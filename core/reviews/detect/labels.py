"""How raw labels become classes: the kind of label, the scheme, the names and their order.

This uses all distinct raw values and their counts, after the source has been read, so a file that is sorted by label is
no problem. Negative comes before positive; numbers are ordered by size, and other classes alphabetically.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.base.text import clean_line
from core.reviews.detect.names import (
    MISSING_VALUES,
    RATING_NAMES,
    REVERSED_NAMES,
    SENTIMENT_RANKS,
    TRUTH_VALUES,
    is_number,
    number_of,
    plain,
    stars_of,
)
from core.reviews.options import ReadingOptions

NEGATIVE, POSITIVE = "negative", "positive"
MISSING, UNKNOWN = "missing label", "unknown label"
_MOSTLY, _NEARLY_ALL = 0.8, 0.95
_ALIASES = {"neg": NEGATIVE, "pos": POSITIVE}
_INDEXED = re.compile(r"label_(\d+)", re.IGNORECASE)


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


def plan_labels(
    counts: Mapping[str, int], column: str, options: ReadingOptions, model_labels: Sequence[str] | None = None
) -> LabelPlan:
    """Return the class of every raw value of `column`, given the number of rows with each.

    Args:
        model_labels: The classes of a model, in order. A raw value that is none of them is left out, and the scheme
            "auto" becomes the one that matches most rows.
    """
    present = {raw: count for raw, count in counts.items() if raw.strip().casefold() not in MISSING_VALUES}
    kind = _kind(present, plain(column) in RATING_NAMES)
    schemes = _schemes(kind, present)
    if options.scheme != "auto":
        candidates = [_used(options.scheme, kind)]
    elif model_labels is None:
        candidates = [_default(kind)]
    else:
        candidates = [_used(scheme, kind) for scheme in schemes] or ["as_is"]
    reverse = plain(column) in REVERSED_NAMES
    named = [(scheme, _named(scheme, present, options, reverse)) for scheme in candidates]
    if model_labels is None:
        plan = _own_classes(*named[0], schemes)
    else:
        plans = [_model_classes(scheme, names, schemes, model_labels) for scheme, names in named]
        plan = max(plans, key=lambda one: sum(present[raw] for raw in one.classes))
    plan.left_out.update({raw: MISSING for raw in counts if raw not in present})
    return plan


def _kind(counts: Mapping[str, int], rated: bool) -> str:
    """Return what the values are, apart from a few exceptions: `binary`, `stars` or `classes`."""
    total = sum(counts.values())
    if not total:
        return "stars" if rated else "classes"
    if _share(counts, total, lambda raw: raw.casefold() in TRUTH_VALUES, strays_may_be_numbers=False):
        lone_star = rated and all(raw in ("1", "1.0") for raw in counts)
        return "stars" if lone_star else "binary"
    if _share(counts, total, lambda raw: stars_of(raw) is not None, strays_may_be_numbers=rated):
        stars = {value for raw in counts if (value := stars_of(raw)) is not None}
        worded = not any(is_number(raw) for raw in counts)
        if rated or worded or (5.0 in stars and min(stars) >= 1 and all(value.is_integer() for value in stars)):
            return "stars"
    return "classes"


def _share(counts: Mapping[str, int], total: int, fits: Callable[[str], bool], strays_may_be_numbers: bool) -> bool:
    """Return whether enough rows fit.

    If the rest are words, four in five are enough. If any are numbers, nearly all rows must fit, and numbers must be
    allowed by `strays_may_be_numbers`.
    """
    strays = [raw for raw in counts if not fits(raw)]
    share = 1 - sum(counts[raw] for raw in strays) / total
    if any(is_number(raw) for raw in strays):
        return strays_may_be_numbers and share >= _NEARLY_ALL
    return share >= _MOSTLY


def _schemes(kind: str, counts: Mapping[str, int]) -> list[str]:
    if kind == "stars":
        whole = all((stars_of(raw) or 0.0).is_integer() for raw in counts)
        return ["stars_binary", "stars", "as_is"] if whole else ["stars_binary", "as_is"]
    return ["auto", "as_is"] if kind == "binary" else ["as_is"]


def _default(kind: str) -> str:
    return {"binary": "binary", "stars": "stars_binary"}.get(kind, "as_is")


def _used(scheme: str, kind: str) -> str:
    return _default(kind) if scheme == "auto" else scheme


@dataclass
class _Names:
    """Raw value → (name of its class, sort key of that class), and the values that are left out."""

    names: dict[str, tuple[str, tuple[float, str]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def _named(scheme: str, counts: Mapping[str, int], options: ReadingOptions, reverse: bool) -> _Names:
    given = {_canonical(raw): name for raw, name in options.label_names.items()}
    result = _Names()
    spellings = _spellings(counts) if scheme == "as_is" else {}
    for raw in counts:
        name, order, reason = _class_of(raw, scheme, spellings, reverse)
        chosen = given.get(_canonical(raw), given.get(_canonical(name)) if name else None)
        if chosen is not None:
            result.names[raw] = chosen, order
        elif reason:
            result.left_out[raw] = reason
        else:
            result.names[raw] = name, order
    merged = len(spellings) - len(set(spellings.values()))
    if scheme == "as_is" and merged and any(not is_number(raw) for raw in counts):
        result.notices.append("Labels that differ only in case or white space are read as one class.")
    return result


def _class_of(raw: str, scheme: str, spellings: Mapping[str, str], reverse: bool) -> tuple[str, tuple[float, str], str]:
    """Return the name of the class, its sort key, and, if the value belongs to no class, the reason."""
    if scheme == "as_is":
        name = spellings[raw]
        number = number_of(name)
        return name, (number if number is not None else float("inf"), name.casefold()), ""
    if scheme == "binary":
        truth = TRUTH_VALUES.get(raw.casefold())
        if truth is None:
            return "", (9.0, raw), UNKNOWN
        good = truth != int(reverse)
        return (POSITIVE if good else NEGATIVE), (float(good), ""), ""
    stars = stars_of(raw)
    if stars is None or (scheme == "stars" and not stars.is_integer()):
        return "", (9.0, raw), UNKNOWN
    shown = f"{stars:g} star" + ("" if stars == 1 else "s")
    if scheme == "stars":
        return shown, (stars, ""), ""
    if 2 < stars < 4:
        return "", (stars, ""), f"{shown}: neither negative nor positive"
    return (POSITIVE if stars >= 4 else NEGATIVE), (float(stars >= 4), ""), ""


def _spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Return raw value → the spelling to use: whole numbers without `.0`, otherwise the most frequent one."""
    groups: dict[str, list[str]] = {}
    for raw in counts:
        groups.setdefault(_canonical(raw), []).append(raw)
    result = {}
    for canonical, raws in groups.items():
        best = canonical if is_number(canonical) else min(raws, key=lambda raw: (-counts[raw], raw))
        result.update(dict.fromkeys(raws, best))
    return result


def _canonical(raw: str) -> str:
    """Return the same spelling for equal values: `4.0` and `4`, `Positive` and `positive`."""
    stripped = raw.strip()
    number = number_of(stripped)
    if number is None or abs(number) >= 2**53:
        return " ".join(stripped.casefold().split())
    return str(int(number)) if number.is_integer() else repr(number)


def _own_classes(scheme: str, found: _Names, schemes: list[str]) -> LabelPlan:
    """Return the classes in the data, ordered by sentiment if all names are sentiments, otherwise by their values."""
    keys: dict[str, tuple[float, str]] = {}
    for name, order in found.names.values():
        keys[name] = min(order, keys.get(name, order))
    ranks = {name: SENTIMENT_RANKS.get(name.casefold()) for name in keys}
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
        key = _alias(label)
        indices.setdefault(key, index)
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
    canonical = _canonical(name)
    return _ALIASES.get(canonical, canonical)
