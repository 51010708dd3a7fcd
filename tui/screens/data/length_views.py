"""Views of token lengths for the Data screen: how long reviews are, what a limit cuts, and what padding costs."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.data.length_report import LengthReport, LimitCut, Padding
from tui.widgets.responsive import READABLE, bar, indented, lines, row, section, widest


def lengths_short(found: LengthReport, limit: int, width: int) -> Content:
    """Draw token lengths in a sentence, for the overview."""
    at = _cut_at(found, limit)
    cut = f"; your limit of {limit:,} cuts {at}" if at else ""
    words = f"half have at most {found.p50:,}, 95 % at most {found.p95:,}, the longest {found.max:,}{cut}"
    return lines([section("Tokens", f"with {clean_line(found.model, 40)}"), indented(words, min(width, READABLE), 1)])


def _cut_at(found: LengthReport, limit: int) -> str:
    if found.max <= limit:
        return "none"
    for known in found.limits:
        if known.max_length == limit:
            return f"{known.reviews_cut / max(found.sampled, 1):.1%}"
    return ""


def lengths(found: LengthReport, limit: int, width: int) -> Content:
    """Draw token lengths, what each limit cuts, and what padding costs."""
    sampled, whole = found.sampled, found.reviews
    of = f"{sampled:,} reviews" if sampled == whole else f"{sampled:,} of {whole:,} reviews, evenly spaced"
    marks = " · ".join(f"{title} {value:,}" for title, value in _quantiles(found))
    names = list(found.limits[0].by_class) if found.limits else []
    each = max(widest([clean_line(name) for name in names], 14), 8) + 2
    names = names[: max((width - 58) // each, 0)] if len(names) > 1 else []
    shown = [
        section("Tokens in a review", f"{of}, with {clean_line(found.model, 40)}"),
        Content(f" {marks} · mean {found.mean:.0f}"),
        Content(""),
        section("What a limit cuts", f"max_length on the Setup screen; ▸ {limit:,} is yours"),
        row(
            ("limit", -8, ""), ("reviews cut", -16, ""), ("", 2, ""), ("", 15, ""), ("text lost", -11, ""),
            *((clean_line(name, each - 2), -each, "") for name in names),
        ).stylize("$foreground-muted"),
    ]  # fmt: skip
    for known in found.limits:
        share = known.reviews_cut / max(sampled, 1)
        yours = known.max_length == limit
        shown.append(
            row(
                (f"{'▸ ' if yours else ''}{known.max_length:,}", -8, "bold" if yours else ""),
                (f"{known.reviews_cut:,} {share:>7.1%}", -16, ""),
                ("", 2, ""),
                (bar(share, 15), 15, "$text-accent"),
                (f"{known.tokens_lost:.1%}", -11, ""),
                *((_class_cut(known, name), -each, "$foreground-muted") for name in names),
            )
        )
    padding = found.padding
    room = min(max(width - 45, 8), 40)
    shown += [
        Content(""),
        section("What padding costs", f"share of a batch of {padding.batch_size} that is padding"),
    ]
    for title, share in _paddings(found.padding):
        shown.append(
            row(
                (f" {title}", 34, ""),
                (f"{share:.0%}", -6, ""),
                ("  " + bar(share, room), room + 2, "$text-accent"),
            )
        )
    shown.append(Content.styled(" The native encoder packs such batches without padding.", "$foreground-muted"))
    return lines(shown)


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
