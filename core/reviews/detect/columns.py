"""Which columns are the review, its title and its label, with the reasons, the runners-up and what is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.cells import is_answer
from core.reviews.detect.counting import Facts
from core.reviews.detect.label_columns import LEAST, is_flag, rank_labels
from core.reviews.detect.names import TEXT_NAMES, is_rating_name, plain
from core.reviews.detect.text_columns import CLOSE, JOINED, Scored, halves_of, rank_texts, rank_titles
from core.reviews.options import ReadingOptions
from core.reviews.report import Candidate, Doubt

_OFFERED = 5
"""Candidates that are listed for a role."""
_SURE = 60.0
"""From this score on, a second column of labels is worth a question."""


class NoTextError(InputError):
    """Raised when no column looks like a text."""


@dataclass
class Roles:
    """The columns to use, and what else was considered."""

    texts: tuple[str, ...]
    """The column of the review, or those of its two halves."""
    title: str | None
    label: str | None
    answer: str | None = None
    """The column that says whether an annotator accepted the label."""
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The name of the text: that of its column, or of both."""
        return JOINED.join(self.texts)

    @property
    def columns(self) -> tuple[tuple[str, ...], str | None, str | None, str | None]:
        """What decides how rows are read."""
        return self.texts, self.title, self.label, self.answer


def find_roles(columns: Sequence[Facts], options: ReadingOptions, headed: bool, shown: str) -> Roles:
    """Return which columns are the review, its title and its label.

    Args:
        headed: Whether the names of the columns come from the source.
        shown: What messages call the source.

    Raises:
        InputError: A column named in `options` does not exist.
        NoTextError: No column can be the text.
    """
    names = [column.name for column in columns]
    texts = _named_texts(options.text, names, shown)
    label = _named(options.label, names, "--label", shown)
    title = _named(options.title, names, "--title", shown)
    chosen = [name for name in (*(texts or ()), label, title) if name]
    if len(set(chosen)) < len(chosen):
        raise InputError("Text, title and label must be different columns; change --text, --title or --label.")
    roles = Roles(texts or (), title or None, label or None)
    _choose_text(roles, [column for column in columns if column.name not in (label, title)], names, shown)
    free = [column for column in columns if column.name not in roles.texts]
    titles = rank_titles([column for column in free if column.name != label])
    if title is None and options.title is None and titles and titles[0].score > -CLOSE * 2:
        roles.title = titles[0].name
    roles.candidates["title"] = _listed(titles, roles.title)
    free = [column for column in free if column.name != roles.title]
    answer = next((column for column in free if column.key == "answer" and column.all(is_answer)), None)
    labels = rank_labels([one for one in free if one is not answer], headed, {plain(name) for name in names})
    if label is None and options.label is None and labels and labels[0].score >= LEAST:
        roles.label = labels[0].name
        _doubt_label(roles, labels)
    if answer is not None and roles.label not in (None, answer.name):
        roles.answer = answer.name
        roles.notices.append(
            f"Labels that “{clean_line(answer.name, 40)}” rejects are read as “not …”; those it ignores are left out."
        )
    roles.candidates["label"] = _listed(labels, roles.label)
    return roles


def _choose_text(roles: Roles, free: Sequence[Facts], names: Sequence[str], shown: str) -> None:
    ranked = rank_texts(free)
    if not roles.texts:
        halves = halves_of(free)
        if not ranked and halves is None:
            files = next((clean_line(one.name, 40) for one in free if one.names_files), None)
            way = f"“{files}” names files: put their texts into the table" if files else "name one with --text COLUMN"
            raise NoTextError(f"None of the columns of {shown} ({_list(names)}) is text; {way}.")
        if halves is not None and _are_the_review(ranked, halves):
            roles.texts = halves[0].name, halves[1].name
            first, second = (clean_line(half.name, 40) for half in halves)
            roles.notices.append(
                f"Each text joins the two halves of a review, “{first}” and “{second}”, with their names before them; "
                "--text COLUMN takes one."
            )
        else:
            roles.texts = (ranked[0].name,)
            if halves is not None:
                _doubt_halves(roles, halves)
            _doubt_text(roles, ranked, halves)
    candidates = _listed(ranked, roles.text)
    if len(roles.texts) > 1:
        candidates.insert(0, Candidate(column=roles.text, why="the two halves of a review"))
    roles.candidates["text"] = candidates[:_OFFERED]


def _are_the_review(ranked: Sequence[Scored], halves: tuple[Facts, Facts]) -> bool:
    """Return whether two halves are the text: unless another column is named exactly like a review, and is one."""
    return not ranked or ranked[0].facts in halves or not _is_exact(ranked[0]) or ranked[0].facts.kind != "text"


def _is_exact(scored: Scored) -> bool:
    return scored.facts.key in TEXT_NAMES or scored.facts.last in TEXT_NAMES


def _doubt_text(roles: Roles, ranked: Sequence[Scored], halves: tuple[Facts, Facts] | None) -> None:
    if len(ranked) < 2 or ranked[0].score - ranked[1].score >= CLOSE:
        return
    first, second = ranked[0], ranked[1]
    if second.facts.kind != "text" or second.why.startswith("named like a title") or second.facts in (halves or ()):
        return
    roles.doubts.append(
        Doubt(
            about="text",
            sentence=f"The text is “{clean_line(first.name, 40)}” ({first.why}); "
            f"“{clean_line(second.name, 40)}” ({second.why}) could be it as well.",
            ways={f"“{clean_line(second.name, 40)}” is the text": {"text": second.name}},
        )
    )


def _doubt_halves(roles: Roles, halves: tuple[Facts, Facts]) -> None:
    both = JOINED.join(half.name for half in halves)
    roles.doubts.append(
        Doubt(
            about="text",
            sentence=f"The text is “{clean_line(roles.text, 40)}”; “{clean_line(both, 80)}”, which look like the two "
            "halves of a review, are not part of it.",
            ways={f"the text is {clean_line(both, 80)}": {"text": both}},
        )
    )


def _doubt_label(roles: Roles, labels: Sequence[Scored]) -> None:
    first, others = labels[0], labels[1:]
    flags = [one for one in others if is_flag(one) and one.score >= LEAST]
    if is_flag(first) and len(flags) > 1:
        _doubt_flags(roles, first, flags)
        return
    rating = next((one for one in others if one.score >= _SURE and is_rating_name(one.name)), None)
    if is_flag(first) and any(word.startswith("recommend") for word in first.facts.words) and rating is not None:
        _doubt_close(roles, first, rating)
    elif others and others[0].score >= _SURE and first.score - others[0].score < CLOSE:
        _doubt_close(roles, first, others[0])


def _doubt_flags(roles: Roles, first: Scored, flags: Sequence[Scored]) -> None:
    """Say that there are several columns of yes and no: one for each class, or several labels of a review."""
    listed = ", ".join(f"“{clean_line(one.name, 40)}”" for one in flags[:_OFFERED])
    more = f" and {len(flags) - _OFFERED} more" if len(flags) > _OFFERED else ""
    roles.doubts.append(
        Doubt(
            about="label",
            sentence=f"“{clean_line(first.name, 40)}” says yes or no, and so do {listed}{more}. Only "
            f"“{clean_line(first.name, 40)}” is learned; where it says no, a review may belong to any of the others.",
            ways={f"“{clean_line(one.name, 40)}” is the label": {"label": one.name} for one in flags[:_OFFERED]},
        )
    )


def _doubt_close(roles: Roles, first: Scored, second: Scored) -> None:
    roles.doubts.append(
        Doubt(
            about="label",
            sentence=f"The label is “{clean_line(first.name, 40)}” ({first.why}); “{clean_line(second.name, 40)}” "
            f"({second.why}) could be it as well.",
            ways={f"“{clean_line(second.name, 40)}” is the label": {"label": second.name}},
        )
    )


def _listed(ranked: Sequence[Scored], chosen: str | None) -> list[Candidate]:
    """Return the candidates for a report, the chosen one first."""
    ordered = sorted(ranked, key=lambda one: one.name != chosen)
    return [Candidate(column=one.name, why=one.why) for one in ordered[:_OFFERED]]


def _named_texts(wanted: str | None, names: Sequence[str], shown: str) -> tuple[str, ...] | None:
    """Return the columns of text that the user named: one, or several with ` + ` between them."""
    if not wanted:
        return None
    several = wanted.split(JOINED)
    if wanted in names or len(several) == 1:
        several = [wanted]
    return tuple(name for one in several if (name := _named(one.strip(), names, "--text", shown)))


def _named(wanted: str | None, names: Sequence[str], option: str, shown: str) -> str | None:
    """Return the column that the user named, as the source spells it; empty if the user wants none."""
    if not wanted or wanted in names:
        return wanted
    for name in names:
        if plain(name) == plain(wanted) != "":
            return name
    asked = clean_line(wanted, 60)
    raise InputError(f"{shown} has no column “{asked}”; it has {_list(names)}. Change {option}.")


def _list(names: Sequence[str]) -> str:
    listed = ", ".join(clean_line(name, 40) for name in names[:20])
    return f"{listed}, … ({len(names)} in all)" if len(names) > 20 else listed
