"""An entry in words. Text of users and data is cleaned here, so that it can be shown; Markdown escapes it besides."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import PurePath

from core.base.text import clean_line
from core.lab_journal.entry import KINDS, Change, Entry, Expected, Figures, Member
from tui.formatting import in_bytes, in_time, setting_text

_NAME = 60
_VALUE = 60
HEADS = ("", "accuracy", "macro F1", "loss", "epochs", "time", "memory")
MEMBER_HEADS = ("run", "differs", "accuracy", "macro F1", "loss", "epochs", "time", "state")


def day(moment: float) -> str:
    """Format a moment (seconds since 1970) as its date and time of day."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def title(entry: Entry) -> str:
    """Return what an entry is about: `longer, extended to 20 epochs`."""
    name = clean_line(entry.name, 2 * _NAME)
    if entry.kind == "extension":
        return f"{name}, extended to {entry.id.partition('@')[2]} epochs"
    return name


def kind(entry: Entry) -> str:
    """Return the kind of an entry, and of a branch where it begins."""
    before = entry.before
    if entry.kind == "branch" and before is not None:
        return f"branch of {clean_line(before.name, _NAME)}, from its step {before.step}"
    return KINDS[entry.kind]


def expected(one: Expected) -> str:
    """Return a hypothesis with when it was said; of one that was said later, whether the result was known."""
    text = clean_line(one.text) or "nothing any more"
    if one.at_start:
        return text
    return f"{text} (said {day(one.time)}{', when the result was known' if one.after_result else ''})"


def against(entry: Entry) -> str:
    """Return what an entry is held against: `longer, the run before`."""
    before, recipe = entry.before, clean_line(entry.recipe, 40)
    if before is None:
        return "the defaults" if entry.kind == "baseline" else f"the preset {recipe}" if recipe else ""
    name = clean_line(before.name, _NAME)
    if before.relation == "extension":
        return "the run before it was extended"
    if before.relation == "branch":
        return f"{name}, which it branches off"
    if before.relation == "teacher":
        return f"{name}, its teacher"
    return f"{name}, the latest earlier one on these reviews"


def changed(entry: Entry) -> str:
    """Return what was asked differently: `learning_rate 2e-5 → 1e-5, epochs 3 → 10`."""
    if entry.changes is None:
        return "not known" if entry.before is not None and not entry.before.is_known else ""
    if not entry.changes:
        return "nothing"
    return ", ".join(change(one) for one in entry.changes)


def change(one: Change) -> str:
    """Return a setting with its value before and after."""
    before, after = (clean_line(setting_text(value), _VALUE) or "''" for value in (one.before, one.after))
    return f"{clean_line(one.setting, 40)} {before} → {after}"


def verdict(entry: Entry) -> str:
    """Return the verdict, or why there is none; empty where there is nothing to be judged."""
    if entry.verdict is not None:
        return clean_line(entry.verdict.sentence)
    if entry.to_judge is not None:
        return "not compared yet"
    if not entry.not_judged:
        return ""
    return f"not compared: {clean_line(entry.not_judged)}"


def verdict_source(entry: Entry) -> str:
    """Return where the verdict comes from, or the command that makes one; empty if there is nothing to add."""
    if entry.verdict is not None:
        return f"comparison {entry.verdict.comparison}" if entry.verdict.comparison else ""
    before = entry.before
    if before is None or not before.is_known or entry.run is None or not entry.not_judged:
        return ""
    other = before.id.partition("@")[0]
    return f"reviewtui compare {entry.run} {other}" if other != entry.run and entry.state == "finished" else ""


def headline(entry: Entry) -> str:
    """Return the outcome of an entry in a few characters, for a list."""
    if entry.figures is not None and entry.figures.accuracy is not None:
        return f"{entry.figures.accuracy:.3f}"
    known = [one.figures.accuracy for one in entry.members if one.figures.accuracy is not None]
    return f"{max(known):.3f}" if known else ""


def outcome(entry: Entry) -> str:
    """Return the state of an entry if it has not finished, or its verdict in a word or two."""
    if entry.state not in ("finished", ""):
        return entry.state
    return (entry.verdict.verdict or "") if entry.verdict is not None else ""


def about_data(entry: Entry) -> str:
    """Return the data by the last part of its path, and the number of validation rows."""
    data = PurePath(entry.data).name if entry.data.startswith("/") else entry.data
    rows = entry.figures.rows if entry.figures is not None else None
    return f"{clean_line(data, _NAME)}{f', validated on {rows:,} reviews' if rows else ''}"


def table(entry: Entry) -> list[list[str]]:
    """Return the scores of an entry and of what it is held against: rows below `HEADS`; empty without scores."""
    rows: list[list[str]] = []
    if entry.figures is not None and entry.figures.accuracy is not None:
        rows.append([title(entry), *_cells(entry.figures)])
    if not rows and entry.kind != "comparison":
        return []
    for line in entry.held_against:
        found = Figures(accuracy=line.accuracy, macro_f1=line.macro_f1, loss=line.loss, seconds=line.seconds)
        rows.append([clean_line(line.name, _NAME), *_cells(found)])
    return rows


def members_table(entry: Entry) -> list[list[str]]:
    """Return the runs of a group: rows below `MEMBER_HEADS`."""
    return [_member(one) for one in entry.members]


def _member(one: Member) -> list[str]:
    state = one.state if one.state != "finished" else ""
    differs = ", ".join(f"{name} {setting_text(value)}" for name, value in one.settings.items())
    why = f"{differs} ({clean_line(one.why, 80)})" if one.why and one.why not in differs else differs
    return [clean_line(one.name, _NAME), clean_line(why, 160), *_cells(one.figures)[:5], state]


def _cells(found: Figures) -> list[str]:
    return [
        _score(found.accuracy),
        _score(found.macro_f1),
        _score(found.loss),
        f"{found.epochs:g}" if found.epochs is not None else "",
        in_time(found.seconds) if found.seconds is not None else "",
        in_bytes(found.peak_memory_bytes) if found.peak_memory_bytes is not None else "",
    ]


def _score(value: float | None) -> str:
    return f"{value:.4f}" if value is not None else ""


def searched(entry: Entry) -> str:
    """Return all that a filter looks for words in, in lower case."""
    said = [one.text for one in (*entry.expected, *entry.notes)]
    about = [title(entry), kind(entry), entry.kind, entry.state, entry.data, day(entry.time)]
    found = [changed(entry), verdict(entry), outcome(entry), *entry.findings]
    return "\n".join([*about, *found, *said, *(one.name for one in entry.members)]).casefold()


def fits(entry: Entry, words: Sequence[str]) -> bool:
    """Return whether an entry has all of the words, which are in lower case; `-word` is one that it must not have."""
    if not words:
        return True
    text = searched(entry)
    return all(
        (word.removeprefix("-") not in text) if word.startswith("-") and word[1:] else word in text for word in words
    )
