"""What the Groups screen shows of a group, as functions that return `Content`. They clean text from data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.content import Content

from core.base.text import clean_line
from core.experiments.state import GroupState, MemberState
from tui.formatting import GROUP_KINDS, STATE_MARKS, ago, counted, in_time, setting_text
from tui.widgets.responsive import READABLE, cell, indented, lines, row, section

_SCORES = (("accuracy", "accuracy"), ("macro_f1", "macro F1"), ("loss", "loss"))
_STATE, _NAME, _SETTING, _SCORE, _TIME = 14, 26, 15, 10, 8
"""Widths of columns, in cells."""
_LEAST, _EFFECT = 11, 41
"""The fewest and the most cells of the drawn interval of an effect."""


@dataclass(frozen=True)
class Shown:
    """A group as it is now, and what came out of it."""

    state: GroupState
    result: dict[str, Any] | None

    @property
    def word(self) -> str:
        """Its state in a word."""
        return self.state.word


def choice(one: Shown, now: float, width: int) -> Content:
    """A group in a line of the list: its state, name and kind, how far it is, and its best score."""
    mark, style = STATE_MARKS[one.state.word]
    members = one.state.members
    over = sum(member.is_over for member in members)
    room = max(width - 14 - 13 - 14 - 20, 12)
    began = min((m.summary.began for m in members if m.summary is not None and m.summary.began), default=None)
    return row(
        (f"{mark} {one.word}", 14, style),
        (clean_line(one.state.outline.name, 60), room, "bold"),
        (GROUP_KINDS.get(one.state.outline.kind, one.state.outline.kind), 13, "$foreground-muted"),
        (f"{over}/{len(members)} runs", 12, ""),
        (_best_text(members), 8, ""),
        (ago(began, now), 10, "$foreground-muted"),
    )


def body(one: Shown, width: int) -> Content:
    """What a group found so far: its findings first, then its runs."""
    parts = [_asked(one), *_stands(one)]
    result = one.result or {}
    if one.state.outline.kind == "sweep":
        parts += _sweep(one, result, width)
    else:
        parts += [Content(f"  {clean_line(line, 300)}") for line in result.get("sentences", ())]
        parts += _spreads(result, width)
    return lines([*parts, *_members(one, width)])


def empty(width: int) -> Content:
    """What to do while there is no group."""
    text = (
        "A group is several runs that answer one question: one setting with several seeds, models against each other, "
        "or a sweep over settings. On Setup, v lets a setting vary, which makes a sweep. From a shell:"
    )
    commands = (
        "reviewtui train DATA --seeds 3",
        "reviewtui versus DATA --model A --model B",
        "reviewtui sweep DATA --space learning_rate=1e-5..2e-4:log",
    )
    return lines(
        [
            Content.styled("No groups yet", "bold"),
            Content(""),
            indented(text, min(width, READABLE), 0),
            Content(""),
            *(Content.styled(f"  {one}", "$text-accent") for one in commands),
        ]
    )


def plain(one: Shown) -> str:
    """What a group found, as text for the clipboard."""
    return "\n".join(line.rstrip() for line in body(one, 100).plain.splitlines())


def _asked(one: Shown) -> Content:
    """The hypothesis and what varies."""
    outline = one.state.outline
    space = outline.spec.get("space")
    varies = [f"{name} {values}" for name, values in space.items()] if isinstance(space, dict) else []
    words = [*([outline.spec["strategy"]] if "strategy" in outline.spec else []), *varies]
    said = clean_line(" · ".join(map(str, words)), 300)
    expected = clean_line(outline.request.hypothesis, 200)
    parts = [Content.styled(f"  {said}", "$foreground-muted")] if said else []
    if expected:
        parts.append(Content.assemble(("  expected  ", "$foreground-muted"), expected))
    return lines(parts)


def _stands(one: Shown) -> list[Content]:
    """What is to be done about a group that does not go on by itself."""
    if one.word == "interrupted":
        sentence = "  Every process of this group was killed; r continues where it was."
        return [Content.styled(sentence, "$text-warning")]
    return [Content("  It was stopped; r continues.")] if one.word == "stopped" else []


def _sweep(one: Shown, result: dict[str, Any], width: int) -> list[Content]:
    parts: list[Content] = []
    best = result.get("winner")
    if best:
        settings = ", ".join(f"{name} {setting_text(value)}" for name, value in best["settings"].items())
        parts.append(Content.assemble(("  ▲ ", "bold $text-success"), (clean_line(best["name"], 40), "bold"),
                                      f"  {clean_line(settings, 200)}"))  # fmt: skip
        scores = "  ".join(f"{title} {best['validation'][name]:.4f}" for name, title in _SCORES)
        parts.append(Content(f"    {scores}  on the rows that chose it"))
        parts += [indented(Content.styled(sentence, "$text-accent"), width, 4) for sentence in _worth(result)]
    elif result:
        parts.append(Content.styled("  No trial has scores, so there is no winner.", "$text-warning"))
    if effects := result.get("effects"):
        unit = "loss" if result["metric"] == "loss" else "points"
        title = f"effect of each setting, the others held equal ({unit}, 95 % interval)"
        parts += [Content(""), section(title)]
        parts += _effects(effects, result["metric"] == "loss", width)
    return parts


def _worth(result: dict[str, Any]) -> list[str]:
    """How much of the winner's score is luck, and how it did on rows or seeds that did not choose it."""
    found = []
    if (optimism := result.get("optimism")) is not None:
        found.append(
            f"probably {optimism['points']:.1f} points too high: the best of {optimism['contenders']} that "
            f"{optimism['rows']:,} rows do not distinguish"
        )
    if (test := result.get("test")) is not None:
        found.append(f"on {test['rows']:,} test reviews: accuracy {test['accuracy']:.4f}")
    if (again := result.get("confirmation")) is not None:
        values = ", ".join(f"{value:.4f}" for value in again["accuracy"]["values"])
        found.append(f"with fresh seeds: accuracy {again['accuracy']['mean']:.4f} ({values})")
    return found


def _effects(effects: list[dict[str, Any]], is_loss: bool, width: int) -> list[Content]:
    """Each effect with its interval drawn around a common zero."""
    factor = -1.0 if is_loss else 100.0
    found = [(one, *sorted((factor * one["low"], factor * one["high"]))) for one in effects]
    cells = min(width - 71, _EFFECT)
    reach = max((max(abs(low), abs(high)) for _, low, high in found), default=1.0) or 1.0
    return [
        row(
            (f"  {clean_line(one['setting'], 24)}", 18, ""),
            (clean_line(one["change"], 40), 24, "$foreground-muted"),
            (f"{factor * one['effect']:+.2f}", -8, "bold"),
            ("  ", 2, ""),
            (f"{low:+.2f} … {high:+.2f}", 18, ""),
            *([(_interval(low / reach, high / reach, cells), cells, "$text-accent")] if cells >= _LEAST else []),
        )
        for one, low, high in found
    ]


def _interval(low: float, high: float, cells: int) -> str:
    """Draw an interval within −1 to 1; `┊` is zero."""
    middle = cells // 2

    def at(value: float) -> int:
        return min(max(round((value + 1) / 2 * (cells - 1)), 0), cells - 1)

    drawn = [" "] * cells
    drawn[middle] = "┊"
    for place in range(at(low), at(high) + 1):
        drawn[place] = "━" if place != middle else "╋"
    return "".join(drawn)


def _spreads(result: dict[str, Any], width: int) -> list[Content]:
    """Mean and spread of each score, of one setting or of each model."""
    found: list[Content] = []
    for one in result.get("models", [result]):
        if not isinstance(one, dict) or not isinstance(one.get("accuracy"), dict):
            continue
        if "model" in one:
            found.append(Content.styled(f"  {clean_line(one['model'], 60)}", "bold"))
        for name, title in _SCORES:
            spread = one[name]
            sd = f" ± {spread['sd']:.4f}" if spread.get("sd") is not None else ""
            ends = f"{spread['min']:.4f} to {spread['max']:.4f}"
            found.append(row((f"  {title}", 14, "$foreground-muted"), (f"{spread['mean']:.4f}{sd}", 20, "bold"),
                             (ends, max(width - 34, 10), "")))  # fmt: skip
    if found:
        found.append(Content.styled("  mean ± standard deviation, least to greatest", "$foreground-muted"))
    return found


def _members(one: Shown, width: int) -> list[Content]:
    """The runs of a group: which settings are theirs alone, how they stand, and their scores."""
    names = list(dict.fromkeys(name for member in one.state.members for name in member.member.settings))
    shown = [name for name in names if len({str(m.member.settings.get(name)) for m in one.state.members}) > 1]
    others = _STATE + len(_SCORES) * _SCORE + _TIME
    name = max(min(_NAME, width - others), 10)
    columns = shown[: max((width - others - name) // _SETTING, 0)]
    head = [("", _STATE, ""), ("run", name, ""), *((name, _SETTING, "") for name in columns)]
    head += [(title, -_SCORE, "") for _, title in _SCORES] + [("time", -_TIME, "")]
    best = (one.result or {}).get("winner") or {}
    title = section(counted(len(one.state.members), "run"))
    rows = [_member(member, columns, name, best.get("number")) for member in one.state.members]
    return [Content(""), title, row(*head).stylize("$foreground-muted"), *rows]


def _member(one: MemberState, columns: list[str], width: int, best: int | None) -> Content:
    summary = one.summary
    word = summary.state if summary is not None else "deleted" if one.is_deleted else "planned"
    mark, style = STATE_MARKS[summary.state] if summary is not None else ("·", "$foreground-muted")
    scores = summary.validation if summary is not None else None
    name = summary.name if summary is not None else one.member.name
    time = in_time(summary.duration_seconds) if summary is not None and summary.duration_seconds else ""
    return row(
        (f"{mark} {word}", _STATE, style),
        (f"{'▲ ' if one.number == best else ''}{clean_line(name, 40)}", width, "bold" if one.number == best else ""),
        *((clean_line(setting_text(one.member.settings.get(column)), 20), _SETTING, "") for column in columns),
        *((f"{getattr(scores, name):.4f}" if scores is not None else "-", -_SCORE, "") for name, _ in _SCORES),
        (time, -_TIME, "$foreground-muted"),
    )


def _best_text(members: tuple[MemberState, ...]) -> str:
    scores = [m.summary.validation.accuracy for m in members if m.summary is not None and m.summary.validation]
    return f"{max(scores):.4f}" if scores else "-"


def member_choice(one: MemberState) -> Content:
    """A run of a group in a list to choose from."""
    settings = ", ".join(f"{name} {setting_text(value)}" for name, value in one.member.settings.items())
    state = one.summary.state if one.summary is not None else ""
    return Content.assemble(
        cell(clean_line(one.member.name, 40), 28), (f" {state:<12}", "$foreground-muted"), clean_line(settings, 60)
    )
