"""Views of tokens for the Data screen: how long reviews are, what each limit cuts, what padding costs, and what the
tokenizer does not know."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.data.length_report import LengthReport, LimitCut, Padding, cannot_learn, cut_at, padding_at
from core.forecast.padding import PaddingCost
from tui.formatting import counted
from tui.screens.data.lens_views import Lens, lens
from tui.widgets.responsive import READABLE, bar, indented, lines, row, section, widest


def lengths_short(seen: Lens, width: int) -> Content:
    """Draw token lengths in a sentence, for the overview, and what the tokenizer does not know."""
    found, limit, room = seen.lengths, seen.limit, min(width, READABLE)
    cut = cut_at(found.counts, limit).reviews_cut / max(found.sampled, 1)
    words = f"half have at most {found.p50:,}, 95 % at most {found.p95:,}, the longest {found.max:,}; "
    words += f"your limit of {limit:,} cuts {f'{cut:.1%}' if cut else 'none'}"
    shown = [section("Tokens", f"with {clean_line(found.model, 40)}"), indented(words, room, 1)]
    unknown = found.unknown
    if unknown.reviews:
        where = counted(unknown.reviews, "review")
        words = f"{_percent(unknown.tokens)} of them are unknown words or characters, in {where}"
        if sentence := cannot_learn(found):
            words += f". {sentence}"
        shown.append(indented(Content.styled(words, "$text-warning"), room, 1))
    return lines(shown)


def lengths(seen: Lens, width: int) -> Content:
    """Draw what the limit cuts off a review and the classes, token lengths, every limit, padding and the unknown."""
    found = seen.lengths
    sampled, whole = found.sampled, found.reviews
    of = f"{sampled:,} reviews" if sampled == whole else f"{sampled:,} of {whole:,} reviews, evenly spaced"
    marks = " · ".join(f"{title} {value:,}" for title, value in _quantiles(found))
    shown = [
        *lens(seen, width),
        *_limits(found, seen, width),
        Content(""),
        section("Tokens in a review", f"{of}, with {clean_line(found.model, 40)}"),
        Content(f" {marks} · mean {found.mean:.0f}"),
        Content(""),
        *_padding(padding_at(found, seen.limit), seen, width),
        Content(""),
        *_unknown(found, width),
    ]
    return lines(shown)


def _limits(found: LengthReport, seen: Lens, width: int) -> list[Content]:
    """Draw what each of some limits cuts and pads, in total and by class, and the time of an epoch."""
    timed = any(cost.measured for cost in seen.costs.values())
    left = width - (76 if timed else 57)
    names = list(found.limits[0].by_class) if found.limits else []
    each = max(widest([clean_line(name) for name in names], 14), 8) + 7
    names = names if 1 < len(names) <= (left - 4) // each else []
    room = min(max(left - each * len(names), 4), 15)
    heads = (
        ("  limit", -8, ""), ("reviews cut", -16, ""), ("", 2, ""), ("", room, ""), ("tokens lost", -13, ""),
        ("padding", -9, ""), *((("its time", -9, ""), ("an epoch", -10, "")) if timed else ()),
        *((f"cut: {clean_line(name, each - 7)}", -each, "") for name in names),
    )  # fmt: skip
    shown = [
        section("Every limit", "reviews cut, tokens lost, and padding in batches of similar length"),
        row(*heads).stylize("$foreground-muted"),
    ]
    for known in found.limits:
        yours, cost = known.max_length == seen.limit, seen.costs.get(known.max_length)
        times = (_seconds(cost.by_length), _seconds(cost.epoch)) if cost is not None and cost.measured else ("", "")
        shown.append(
            row(
                (f"{'▸ ' if yours else ''}{known.max_length:,}", -8, "bold" if yours else ""),
                (f"{known.reviews_cut:,} {known.reviews_cut / max(found.sampled, 1):>7.1%}", -16, ""),
                ("", 2, ""),
                (bar(known.reviews_cut / max(found.sampled, 1), room), room, "$text-accent"),
                (f"{known.tokens_lost:.1%}", -13, ""),
                (f"{known.padding.by_length:.1%}", -9, ""),
                *(((times[0], -9, ""), (times[1], -10, "")) if timed else ()),
                *((_class_cut(known, name), -each, "$foreground-muted") for name in names),
            )
        )
    return shown


def _padding(padding: Padding, seen: Lens, width: int) -> list[Content]:
    """Draw the share of batches that is padding at the limit, and the time that it takes on this machine."""
    cost = seen.cost if seen.cost is not None and seen.cost.measured else None
    room = min(max(width - 55, 8), 40)
    note = f"at your limit, share of a batch of {padding.batch_size}"
    shown = [section("What padding costs", f"{note}, and seconds of an epoch" if cost is not None else note)]
    for title, share, seconds in _paddings(padding, cost):
        shown.append(
            row(
                (f" {title}", 31, ""),
                (f"{share:.0%}", -6, ""),
                ("  " + bar(share, room), room + 2, "$text-accent"),
                ("" if seconds is None else _seconds(seconds), -10, ""),
            )
        )
    return [*shown, indented(Content.styled(_fate(seen), "$foreground-muted"), min(width, READABLE), 1)]


def _fate(seen: Lens) -> str:
    """Return in a sentence whether the next run computes padding."""
    cost = seen.cost
    if cost is None:
        return "Batches hold reviews of similar length. The native encoder packs them without any padding."
    if not cost.measured:
        return f"The time it takes on this machine is not known yet{f': {seen.state}' if seen.state else '.'}"
    whole = f"an epoch takes {_seconds(cost.epoch)}"
    if cost.native:
        saved = f"where batches of similar length would take {_seconds(cost.by_length)} more"
        return f"Measured on this machine: {whole}, without padding, {saved}: the native encoder packs reviews."
    return f"Measured on this machine: {whole}, of which {_seconds(cost.by_length)} is padding."


def _seconds(seconds: float) -> str:
    """Return seconds for a column: `0.04 s`, `1.4 s`, `12 s`, `15 min`."""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    return f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} min"


def _unknown(found: LengthReport, width: int) -> list[Content]:
    """Draw what the tokenizer does not know, in total and by class."""
    unknown, room = found.unknown, min(width, READABLE)
    title = "What the tokenizer does not know"
    if not unknown.reviews:
        return [section(title), Content(" nothing: every character of these reviews is read")]
    name_width = widest([clean_line(name) for name in unknown.by_class], 24) + 3
    heads = (
        ("", name_width, ""),
        ("of all tokens", -14, ""),
        ("reviews with some", -19, ""),
        ("with nothing else", -19, ""),
    )
    shown = [
        section(title, f"for example {clean_line(' '.join(unknown.examples), 60)}"),
        row(*heads).stylize("$foreground-muted"),
    ]
    for name, one in (("all", unknown), *unknown.by_class.items()):
        shown.append(
            row(
                (f" {clean_line(name)}", name_width, ""),
                (_percent(one.tokens), -14, ""),
                (f"{one.reviews:,}", -19, ""),
                (f"{one.only:,}", -19, ""),
            )
        )
    words = f"Each of these becomes one and the same token. {cannot_learn(found)}".strip()
    return [*shown, indented(Content.styled(words, "$text-warning"), room, 1)]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 or not share else f"{share:.2%}" if share >= 0.00005 else "under 0.01%"


def _quantiles(found: LengthReport) -> list[tuple[str, int]]:
    shares = [("half ≤", found.p50), ("90 % ≤", found.p90), ("95 % ≤", found.p95), ("99 % ≤", found.p99)]
    return [*shares, ("longest", found.max)]


def _paddings(padding: Padding, cost: PaddingCost | None) -> list[tuple[str, float, float | None]]:
    """Return each way to form batches, its share of padding, and the seconds that it takes if they are known."""
    to_longest, random, by_length = (cost.to_longest, cost.random, cost.by_length) if cost is not None else [None] * 3
    return [
        ("all to the longest of all", padding.to_longest, to_longest),
        ("batches drawn at random", padding.random, random),
        ("batches of similar length", padding.by_length, by_length),
    ]


def _class_cut(known: LimitCut, name: str) -> str:
    cut = known.by_class.get(name)
    return "" if cut is None else f"{cut.reviews_cut:,}"
