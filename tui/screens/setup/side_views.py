"""The views beside the form of the Setup screen, as functions that return `Content`. They clean text from data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from core.base.text import clean_line
from core.data.length_report import LengthReport
from core.reviews.report import ReadingReport
from core.settings.declarations import Declaration
from core.settings.presets import PRESETS
from core.settings.schema import describe
from tui.form_values import Checked, as_typed, preset, shown, steps_in_words
from tui.widgets.responsive import indented, lines, row, section


def preset_line(name: str, typed: Mapping[str, str], varied: Mapping[str, str], width: int) -> Content:
    """Name the preset, what it is for, how many values differ from it and how many settings vary."""
    count = len(typed)
    changed = f"* {count} changed from {name}" if count else f"as {name} has it"
    if varied:
        changed = f"~ {len(varied)} var{'ies' if len(varied) == 1 else 'y'}" + (f" · {changed}" if count else "")
    purpose = max(width - len(name) - len(changed) - 15, 4)
    return row(
        (" Preset ", 8, "$foreground-muted"),
        (f" {name} ", len(name) + 2, "bold reverse"),
        (f" {PRESETS[name][0]}", purpose, "$foreground-muted"),
        (f" {changed} ", len(changed) + 3, "$text-warning" if count or varied else "$foreground-muted"),
    )


def about(declaration: Declaration, problem: str, preset_shown: str, here: str, width: int) -> Content:
    """Describe a setting: name, range and help. Why a value is refused, or what it does here, comes before the help."""
    if declaration.name == "name":
        facts = "anything; empty takes the suggested name"
    elif declaration.name == "hypothesis":
        facts = "a line; may stay empty"
    else:
        ranged = [declaration.range, *declaration.choices] if declaration.kind != "switch" else ["on", "off"]
        facts = " · ".join(filter(None, [f"preset {preset_shown}", *ranged, declaration.unit]))
    head = Content.assemble((f" {declaration.name}", "bold $text-primary"), (f"  {facts}", "$foreground-muted"))
    parts = [head.truncate(max(width, 1), ellipsis=True)]
    if problem:
        parts.append(indented(Content.styled(f"✗ {clean_line(problem)}", "$text-error"), width, 1))
    elif here:
        parts.append(indented(Content.styled(f"{here[0].upper()}{here[1:]}.", "$text-accent"), width, 1))
    parts.append(indented(declaration.help, width, 1))
    return lines(parts)


def changes(
    preset_name: str, typed: Mapping[str, str], varied: Mapping[str, str], problems: Mapping[str, str], width: int
) -> Content:
    """List every setting that varies, and every value that differs from the preset, next to the single value."""
    base = preset(preset_name)
    parts = [section("Changed", "u undoes, a resets all")]
    for declaration in describe():
        name = declaration.name
        if name not in typed and name not in varied:
            continue
        mark, style = ("~", "bold $text-accent") if name in varied else ("*", "bold $text-warning")
        mark, style = ("!", "bold $text-error") if name in problems else (mark, style)
        of_preset = shown(getattr(base, name))
        value, otherwise = (varied[name], typed.get(name, of_preset)) if name in varied else (typed[name], of_preset)
        change = Content.assemble(
            (clean_line(value) or "(empty)", "bold"), (f"  instead of {clean_line(otherwise)}", "$foreground-muted")
        )
        parts.append(row((f" {mark} ", 3, style), (declaration.title, 23, ""), (change, max(width - 26, 10), "")))
    if not typed and not varied:
        parts.append(Content.styled(" nothing", "$foreground-muted"))
    return lines(parts)


def data(source: str, report: ReadingReport, steps: str, cut: str, width: int) -> Content:
    """Describe the reviews that the run would learn from."""
    facts = [
        ("Reviews", clean_line(source)),
        ("", f"{report.kept:,} kept of {report.rows:,}"),
        (
            "Classes",
            ", ".join(f"{clean_line(name, 24)} {count:,}" for name, count in list(report.class_counts.items())[:20]),
        ),
        ("Steps", steps),
        *([("Cut", cut)] if cut else []),
    ]
    parts = [section("What it learns from")]
    for title, words in facts:
        body = indented(words, width, 11)
        parts.append(Content.styled(f" {title:<10}", "$foreground-muted") + body[11:] if words else Content(""))
    return lines(parts)


def cut_in_words(found: LengthReport | None, limit: int) -> str:
    """Return what a limit of tokens cuts, from the measured lengths; empty before they are known."""
    if found is None:
        return ""
    if limit >= found.max:
        return f"no review is longer than {limit:,} tokens; the longest has {found.max:,}"
    below = [known for known in found.limits if known.max_length <= limit]
    if not below:
        return ""
    known = below[-1]
    share = f"{known.reviews_cut / max(found.sampled, 1):.1%}"
    lost = f"{known.tokens_lost:.1%} of all tokens"
    if known.max_length == limit:
        return f"{share} of the reviews are cut at {limit:,} tokens; {lost} are lost"
    return f"at most {share} of the reviews are cut at {limit:,} tokens; at most {lost} are lost"


def command(words: str, width: int) -> Content:
    """Draw the whole equivalent command."""
    return lines([section("The same from a shell", "y copies it"), indented(clean_line(words), width, 1)])


def command_short(words: str, width: int) -> Content:
    """Draw the equivalent command on one line, cut if it is too long."""
    return Content.assemble((" $ ", "$foreground-muted"), clean_line(words)).truncate(max(width, 1), ellipsis=True)


def preset_choices() -> list[Content]:
    """List every preset: what it is for, and what it changes."""
    choices = []
    for name, (purpose, values) in PRESETS.items():
        parts = [Content.styled(f"{name:<10}", "bold") + indented(purpose, 64, 14)[14:]]
        if values:
            said = ", ".join(f"{key} {as_typed(value)}" for key, value in values.items())
            parts.append(indented(Content.styled(said, "$foreground-muted"), 64, 14))
        choices.append(lines(parts))
    return choices


def found(declarations: Iterable[Declaration]) -> list[tuple[str, Content]]:
    """List settings to choose from: the name of each, and how it is shown."""
    return [
        (one.name, row((one.title, 24, "bold"), (one.name, 26, ""), (one.group, 18, "$foreground-muted")))
        for one in declarations
    ]


def nothing_to_set_up(source: str) -> Content:
    """Explain why there is no form yet."""
    words = "A run needs labelled reviews to learn from; choose them on the Data screen first."
    if source:
        why = "These reviews cannot be trained on as they are read now; the Data screen says why."
        words = f"{clean_line(source, 60)}\n\n{why}"
    return Content.assemble(("Nothing to set up yet\n\n", "bold"), words)


def state(report: ReadingReport | None, checked: Checked, starting: str, failure: str, group: str) -> Content:
    """Draw the line next to the start button: what is being done, what prevents a start, or how long a run would be.

    Args:
        report: What was found in the reviews.
        checked: The settings, or what is refused.
        starting: What is being done to start.
        failure: Why the last start failed.
        group: How many runs there will be, where settings vary.
    """
    if starting:
        return Content.styled(starting, "$foreground-muted")
    if checked.sentence or failure:
        return Content.styled(f"✗ {clean_line(checked.sentence or failure)}", "$text-error")
    if group:
        return Content.styled(clean_line(group), "bold")
    if report is None or checked.settings is None:
        return Content("")
    return Content.styled(steps_in_words(report.kept, checked.settings), "$foreground-muted")
