"""What remains in doubt about labels, with the ways to say otherwise, and how values become classes, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.base.text import clean_line
from core.reviews.detect.evidence import Evidence, Seen
from core.reviews.detect.label_values import Kind
from core.reviews.detect.polarity import NEGATIVE, POSITIVE
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import Scale, make_scale
from core.reviews.detect.words import canonical_label, truth_of
from core.reviews.report import Doubt

_SHORTEST_WORD = 4
_RARE = 3
"""A class this many times smaller than one that is spelled almost alike may be a slip of the keyboard."""
_MAX_COMPARED = 200
_FEW_POINTS = 3
"""Points up to which each rating is a class of its own."""


def explain(kind: Kind, scheme: str, counts: Mapping[str, int]) -> str:
    """Return how values become classes, as part of a sentence."""
    if scheme == "stars_binary" and kind.scale is not None:
        return f"{kind.scale.words()} (on a scale of {kind.scale})"
    if scheme == "stars" and kind.scale is not None:
        return f"one class for each whole rating on a scale of {kind.scale}"
    if scheme == "binary" and kind.meaning is not None and kind.meaning.said != "nothing":
        no, yes = _spelled(counts, 0), _spelled(counts, 1)
        return f"“{clean_line(no, 30)}” is {kind.meaning.false}, “{clean_line(yes, 30)}” is {kind.meaning.true}"
    if scheme == "sentiment":
        names = {1: NEGATIVE, 2: "neutral", 3: POSITIVE}
        return ", ".join(f"{value:g} is {names[rank]}" for value, rank in kind.ranks.items())
    return "each value is a class of its own"


def doubts_about(
    kind: Kind,
    scheme: str,
    counts: Mapping[str, int],
    column: str,
    given: Mapping[str, str],
    evidence: Evidence | None,
) -> list[Doubt]:
    """Return what a person should look at, unless it has been said.

    Args:
        counts: Label → rows.
        given: Canonical spelling of labels that the user has named a class for.
        evidence: What can be asked about what labels mean.
    """
    name = clean_line(column, 40)
    found: list[Doubt] = []
    if kind.name == "binary" and not given:
        found += _about_truth(kind, scheme, counts, name, evidence)
    elif kind.name == "rating" and kind.scale is not None and not given:
        found += _about_scale(kind.scale, scheme, counts, name)
    elif kind.name == "classes":
        found += _about_two_numbers(counts, name, evidence) if not given else []
        found += _about_spelling(counts, name, given)
    return found


def _about_truth(
    kind: Kind, scheme: str, counts: Mapping[str, int], name: str, evidence: Evidence | None
) -> Iterator[Doubt]:
    if kind.meaning is None or kind.meaning.said == "name" or (kind.meaning.said == "convention" and scheme == "as_is"):
        return
    no, yes = _spelled(counts, 0), _spelled(counts, 1)
    seen = None
    if evidence is not None:
        seen = evidence.compare(*([one for one in counts if truth_of(one) == truth] for truth in (0, 1)))
    if kind.meaning.said == "nothing":
        yield _about_meaning(no, yes, f"What {yes} means is not said by the name “{name}”", seen)
        return
    other = evidence.other_question() if evidence is not None else None
    if seen is not None and seen.lean == "lower":
        why = f"{seen.by} say the opposite"
    elif other is not None and (seen is None or seen.lean != "higher"):
        why = f"the name “{other}” suggests another question"
    elif seen is not None and seen.lean == "neither":
        why = f"{seen.by} praise and blame alike with both, so that they may answer another question"
    else:
        return
    ways: dict[str, dict[str, str | dict[str, str]]] = {
        f"{yes} is negative": {"label_names": {no: POSITIVE, yes: NEGATIVE}},
        f"{no} and {yes} are classes of their own": {"scheme": "as_is"},
    }
    sentence = f"{yes} is read as positive and {no} as negative, by custom; {why}."
    yield Doubt(about="scheme", sentence=sentence, ways=ways)


def _about_meaning(low: str, high: str, unsaid: str, seen: Seen | None) -> Doubt:
    """Return the doubt about two labels that are classes of their own; what the reviews suggest comes first."""
    good = {f"{high} is positive": {"label_names": {low: NEGATIVE, high: POSITIVE}}}
    bad = {f"{high} is negative": {"label_names": {low: POSITIVE, high: NEGATIVE}}}
    suggested = ""
    if seen is not None and seen.lean in ("higher", "lower"):
        suggested = f" By {seen.by}, {high if seen.lean == 'higher' else low} is positive."
    ways = bad | good if seen is not None and seen.lean == "lower" else good | bad
    sentence = f"{unsaid}; {low} and {high} are classes of their own.{suggested}"
    return Doubt(about="scheme", sentence=sentence, ways=ways)


def _spelled(counts: Mapping[str, int], truth: int) -> str:
    """Return how a column spells 1 or 0, most often."""
    spelled = [value for value in counts if truth_of(value) == truth]
    return min(spelled, key=lambda value: (-counts[value], value)) if spelled else str(truth)


def _about_scale(scale: Scale, scheme: str, counts: Mapping[str, int], name: str) -> Iterator[Doubt]:
    values = [rating.value for value in counts if (rating := rating_of(value)) is not None]
    if not values:
        return
    if scheme == "as_is" and scale.points <= _FEW_POINTS:
        yield _about_few_points(scale, name)
    elif not scale.sure:
        highest = max(values)
        others = _longer(scale, highest)
        yield Doubt(
            about="scheme",
            sentence=f"The highest “{name}” is {highest:g}; the scale is taken to be {scale}: {scale.words()}.",
            ways={f"the scale is {other}: {other.words()}": _chosen(other) for other in others},
        )
    below = sum(n for value, n in counts.items() if (found := rating_of(value)) and found.value <= scale.low - 1)
    if below and scheme == "stars_binary":
        yield Doubt(
            about="scheme",
            sentence=f"{below:,} rows of “{name}” are below the scale of {scale}, which is read as no rating.",
            ways={f"the scale is 0–{scale.high:g}": {"scale": f"0-{scale.high:g}"}},
        )


def _about_few_points(scale: Scale, name: str) -> Doubt:
    """Return the one doubt about a rating of two or three points: what they mean, and whether the scale goes on."""
    ways: dict[str, dict[str, str]] = {scale.words(): {"scheme": "stars_binary"}}
    sentence = f"“{name}” rates from {scale.low:g} to {scale.high:g}; each rating is a class of its own."
    if not scale.sure:
        sentence = f"{sentence[:-1]}, unless the scale goes on above {scale.high:g}."
        ways |= {f"the scale is {other}: {other.words()}": _chosen(other) for other in _longer(scale, scale.high)}
    return Doubt(about="scheme", sentence=sentence, ways=ways)


def _longer(scale: Scale, highest: float) -> list[Scale]:
    """Return two other scales on which the highest rating can be."""
    known = [top for top in dict.fromkeys((highest, 5.0, 10.0, 100.0)) if top >= highest and top.is_integer()]
    tops = [top for top in known if top != scale.high][:2]
    return [make_scale(0.0 if scale.low == 0 else 1.0, top) for top in tops]


def _chosen(scale: Scale) -> dict[str, str]:
    return {"scale": f"{scale.low:g}-{scale.high:g}"}


def _about_two_numbers(counts: Mapping[str, int], name: str, evidence: Evidence | None) -> Iterator[Doubt]:
    numbers = sorted(value for value in counts if (rating := rating_of(value)) is not None and rating.form == "number")
    if len(numbers) == 2 == len(counts):
        low, high = sorted(numbers, key=lambda value: (getattr(rating_of(value), "value", 0.0), value))
        seen = evidence.compare([low], [high]) if evidence is not None else None
        yield _about_meaning(low, high, f"What {low} and {high} mean is not said by “{name}”", seen)


def _about_spelling(counts: Mapping[str, int], name: str, given: Mapping[str, str]) -> Iterator[Doubt]:
    """Name rare labels that differ from a frequent one by a letter."""
    frequent: dict[str, int] = {}
    shown: dict[str, str] = {}
    for value, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        frequent[canonical_label(value)] = frequent.get(canonical_label(value), 0) + n
        shown.setdefault(canonical_label(value), value)
    if len(frequent) > _MAX_COMPARED:
        return
    slips: dict[str, str] = {}
    for rare, n in frequent.items():
        alike = [other for other in frequent if frequent[other] >= _RARE * n and _alike(rare, other)]
        if alike and rare not in given:
            slips[rare] = min(alike)
    if slips:
        quoted = {key: f"“{clean_line(word, 30)}” ({frequent[key]:,})" for key, word in shown.items()}
        listed = ", ".join(f"{quoted[rare]} and {quoted[best]}" for rare, best in slips.items())
        merged = {shown[rare]: shown[best] for rare, best in slips.items()}
        named = ", ".join(f"--class {clean_line(a, 30)}={clean_line(b, 30)}" for a, b in merged.items())
        yield Doubt(
            about="label",
            sentence=f"Labels of “{name}” are spelled almost alike and are different classes: {listed}.",
            ways={f"they are the same ({named})": {"label_names": merged}},
        )


def _alike(first: str, second: str) -> bool:
    """Return whether two words differ by one character that is added, left out, replaced or swapped with the next.

    Numbers at the end count classes, and are no slips.
    """
    short, long = sorted((first, second), key=len)
    if first == second or len(short) < _SHORTEST_WORD or len(long) - len(short) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest, other = short[start:], long[start:]
    if any(character.isdigit() for character in rest[:1] + other[:1]):
        return False
    if len(short) < len(long):
        return rest == other[1:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
