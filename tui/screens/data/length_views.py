"""Views of tokens for the Data screen: how long reviews are, what each limit cuts, what padding costs, and what the
tokenizer does not know."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.data.length_report import LengthReport, LimitCut, Padding, cannot_learn, cut_at
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
        *_limits(found, seen.limit, width),
        Content(""),
        section("Tokens in a review", f"{of}, with {clean_line(found.model, 40)}"),
        Content(f" {marks} · mean {found.mean:.0f}"),
        Content(""),
        *_padding(found.padding, seen.cost, width),
        Content(""),
        *_unknown(found, width),
    ]
    return lines(shown)


def _limits(found: LengthReport, limit: int, width: int) -> list[Content]:
    """Draw what each of some limits cuts and pads, in total and by class."""
    names = list(found.limits[0].by_class) if found.limits else []
    each = max(widest([clean_line(name) for name in names], 14), 8) + 2
    names = names if 1 < len(names) <= (width - 67) // each else []
    heads = (
        ("  limit", -8, ""), ("reviews cut", -16, ""), ("", 2, ""), ("", 15, ""), ("text lost", -11, ""),
        ("padding", -9, ""), *((clean_line(name, each - 2), -each, "") for name in names),
    )  # fmt: skip
    shown = [
        section("Every limit", "and the padding of batches of similar length"),
        row(*heads).stylize("$foreground-muted"),
    ]
    for known in found.limits:
        yours = known.max_length == limit
        shown.append(
            row(
                (f"{'▸ ' if yours else ''}{known.max_length:,}", -8, "bold" if yours else ""),
                (f"{known.reviews_cut:,} {known.reviews_cut / max(found.sampled, 1):>7.1%}", -16, ""),
                ("", 2, ""),
                (bar(known.reviews_cut / max(found.sampled, 1), 15), 15, "$text-accent"),
                (f"{known.tokens_lost:.1%}", -11, ""),
                (f"{known.padding.by_length:.1%}", -9, ""),
                *((_class_cut(known, name), -each, "$foreground-muted") for name in names),
            )
        )
    return shown


def _padding(padding: Padding, cost: PaddingCost | None, width: int) -> list[Content]:
    """Draw the share of batches that is padding, and the time that it takes on this machine."""
    room = min(max(width - 45, 8), 40)
    shown = [section("What padding costs", f"share of a batch of {padding.batch_size} that is padding")]
    for title, share in _paddings(padding):
        shown.append(
            row(
                (f" {title}", 34, ""),
                (f"{share:.0%}", -6, ""),
                ("  " + bar(share, room), room + 2, "$text-accent"),
            )
        )
    return [*shown, indented(Content.styled(_cost(cost), "$foreground-muted"), min(width, READABLE), 1)]


def _cost(cost: PaddingCost | None) -> str:
    if cost is None:
        return "Batches hold reviews of similar length. The native encoder packs them without any padding."
    seconds = f"{cost.seconds:.1f} s" if cost.seconds < 10 else f"{cost.seconds:,.0f} s"
    known = "at the speed measured on this machine" if cost.measured else ""
    if cost.native:
        saved = f": that saves {seconds} of an epoch at this limit, {known}" if known else ""
        return f"The native encoder computes this run and packs reviews end to end, without padding{saved}."
    if not known:
        return "What padding costs this run in seconds is not measured on this machine yet; Setup measures it."
    return f"The transformers module pads the batches of this run: {seconds} of an epoch at this limit, {known}."


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
        ("nothing else", -14, ""),
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
                (f"{one.only:,}", -14, ""),
            )
        )
    words = f"Each becomes one and the same token. {cannot_learn(found)}".strip()
    return [*shown, indented(Content.styled(words, "$text-warning"), room, 1)]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 or not share else "less than 0.1%"


def _quantiles(found: LengthReport) -> list[tuple[str, int]]:
    shares = [("half ≤", found.p50), ("90 % ≤", found.p90), ("95 % ≤", found.p95), ("99 % ≤", found.p99)]
    return [*shares, ("longest", found.max)]


def _paddings(padding: Padding) -> list[tuple[str, float]]:
    return [
        ("all to the longest of all", padding.to_longest),
        ("batches drawn at random", padding.random),
        ("batches of similar length", padding.by_length),
    ]


def _class_cut(known: LimitCut, name: str) -> str:
    cut = known.by_class.get(name)
    return "" if cut is None else f"{cut.reviews_cut:,}"
