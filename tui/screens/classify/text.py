"""The texts of Classify, safe to show: position, answer, counts, and its empty states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.cells import cell_len
from textual.content import Content

from core.base.text import clean, clean_line
from core.data.truncation import TokenPlaces
from core.inference.classification import Classification
from core.suspicion.listing import KeptSuspects
from core.suspicion.pile import Doubt, doubt_in
from core.triage.decision import Decision
from core.triage.queue import Pile
from tui.formatting import counted
from tui.screens.classify import sentences
from tui.screens.classify.keys import MAX_DIGITS
from tui.screens.classify.label_bars import percent
from tui.screens.classify.model import ModelInUse

CUT_AT = {"head": "at the end", "tail": "at the start", "head+tail": "in the middle"}
"""The setting `truncation` → where a long review is cut."""
_WHY_DOUBTED = {
    "contradiction": "a copy of this text has another label",
    "alone": "no other text has this label: no model can judge it",
}
Part = tuple[str, str]
Key = Callable[[str], str]
"""Returns the current key of an action, given its id."""


def title(source: str, suspects: KeptSuspects | None) -> str:
    """Return what a pile is called in the header."""
    if suspects is not None:
        return f"labels of {Path(suspects.found.source).name}"
    return Path(source).name


def position(pile: Pile, key: Key, coming: str) -> Content:
    """`‹p 12 of 216 n›  O unsure first  / find   inbox.csv:13  ✓ you: positive · model: the same`.

    Args:
        coming: In which order the reviews come.
    """
    review, decision = pile.review, pile.decision
    parts: list[Part] = [
        (f"‹{key('classify.previous')} ", "$text-primary"),
        (f"{pile.position + 1:,} of {pile.shown:,}", "bold"),
        (f" {key('classify.next')}›", "$text-primary"),
    ]
    if decision is None:  # where it came no longer matters, and what was decided needs the room
        style = "$foreground-muted" if pile.way.name == "file" else "$text-accent"
        parts += [(f"  {key('classify.order')} ", "$text-primary"), (coming, style)]
        parts += [(f"  {key('classify.filter')} ", "$text-primary"), ("find", "$foreground-muted")]
    if review is not None:
        doubt = doubt_in(review.columns)
        file, line = (review.file, review.line) if doubt is None else (doubt.file, doubt.line)
        parts.append((f"   {clean_line(Path(file).name, 40)}:{line}", "$foreground-muted"))
    if decision is not None:
        mark = f"   {sentences.MARKS[decision.state]} {sentences.said(decision)}"
        parts.append((mark, sentences.STYLES[decision.state]))
    return Content.assemble(*parts)


def said(sentence: str) -> Content:
    """Return what the latest key did."""
    return Content.styled(clean_line(sentence), "italic $text-accent")


def note(text: str, key: Key) -> Content:
    """Return the note about the review in view."""
    return Content.assemble(
        (f"✎ {clean_line(text)}", "$text-warning"), (f"  {key('classify.note')} edits", "$foreground-muted")
    )


def answer(
    model: ModelInUse, prediction: Classification | None, key: Key, *, waiting: bool, typed: bool, tall: bool
) -> Content:
    """Return the model's answer and what it is worth, or why there is none; in one line, if not `tall`."""
    if prediction is not None:
        return Content.assemble(
            ("The model says ", "$foreground-muted"),
            (clean_line(prediction.label, 40), "bold $text-accent"),
            (f"  {percent(prediction.probability)}", "bold"),
            (f"{chr(10) if tall else '  '}{calibration(model, prediction)}", "$foreground-muted"),
        )
    if model.state == "none":
        how = f": label by hand; {key('classify.data')} trains one"
        return Content.assemble(("No run has a model yet", "bold"), (how, "$foreground-muted"))
    if model.state == "unchosen":
        how = f": label by hand; {key('classify.model')} chooses one"
        return Content.assemble(("No model is chosen", "bold"), (how, "$foreground-muted"))
    if model.state == "failed":
        return Content.assemble(("The model does not answer. ", "bold $text-error"), (clean_line(model.message), ""))
    if model.state in ("looking", "loading"):
        what = clean_line(model.message) or "loading the model"
        return Content.assemble((f"{what}…", "$text-warning"), ("  keys work meanwhile", "$foreground-muted"))
    if waiting:
        return Content.styled("the model is reading it…", "$foreground-muted")
    return Content.styled(
        "Type or paste a review; the model answers when you pause." if typed else "", "$foreground-muted"
    )


def calibration(model: ModelInUse, prediction: Classification) -> str:
    """Return the probability after the model's temperature, with its date: `calibrated 91.2%, 2026-01-31`."""
    calibrated, temperature = model.calibrated(prediction), model.temperature
    if calibrated is None or temperature is None:
        return "not calibrated"
    return f"calibrated {percent(calibrated)}{f', {temperature.day}' if temperature.day else ''}"


def alarm(text: str) -> Content:
    """Return a warning that stays until something is done about it."""
    return Content.styled(f"✗ {clean_line(text)}" if text else "", "bold $text-error")


def voices(said: Sequence[tuple[str, str, float | None]]) -> Content:
    """Return what two models or people say that disagree, a line for each."""
    width = max((cell_len(clean_line(name, 24)) for name, _, _ in said), default=0)
    parts: list[Part] = []
    for number, (name, label, probability) in enumerate(said):
        shown = clean_line(name, 24)
        parts += [
            ("\n" if number else "", ""),
            (f"{shown}{' ' * (width - cell_len(shown))} says ", "$foreground-muted"),
            (clean_line(label, 30), "bold"),
            (f"  {percent(probability)}" if probability is not None else "", ""),
        ]
    return Content.assemble(*parts)


def doubted(doubt: Doubt) -> Content:
    """Return which label the file gives to a review, and what a model says that was trained without it."""
    parts: list[Part] = [
        ("The file says ", "$foreground-muted"),
        (clean_line(doubt.given, 30), "bold"),
        (f"  {percent(doubt.given_probability)}" if doubt.given_probability is not None else "", ""),
    ]
    if doubt.suggested is not None and doubt.suggested != doubt.given:
        parts += [
            ("\na model trained without it says ", "$foreground-muted"),
            (clean_line(doubt.suggested, 30), "bold"),
            (f"  {percent(doubt.suggested_probability)}" if doubt.suggested_probability is not None else "", ""),
        ]
    elif doubt.suggested is not None:
        parts.append(("\nand so does a model trained without it", "$foreground-muted"))
    if doubt.reason in _WHY_DOUBTED:
        parts.append((f"\n{_WHY_DOUBTED[doubt.reason]}", "$text-warning"))
    return Content.assemble(*parts)


def label_first(last: Decision | None, *, tall: bool) -> Content:
    """Return the text in place of the model's answer in blind mode, and how the latest label compares with it."""
    lead: Part = ("Label first", "bold $text-accent")
    if last is None or last.predicted is None:
        return Content.assemble(lead, ("; the model's answer follows", "$foreground-muted"))
    yours = f"you: {sentences.word(last, 20)}"
    share = percent(last.probability or 0.0)
    between = "; your latest:\n" if tall else "  last: "
    models = f" · model: {clean_line(last.predicted, 20)} {share}"
    return Content.assemble(lead, (between, "$foreground-muted"), (yours, "bold"), models)


def facts(
    model: ModelInUse,
    prediction: Classification | None,
    places: TokenPlaces | None,
    *,
    with_name: bool,
) -> Content:
    """Return how much of the review the model reads and knows, and the model (if `with_name`)."""
    parts: list[Part] = []
    if prediction is not None:
        tokens = counted(prediction.tokens, "token")
        if prediction.truncated:
            limit = model.max_length or 0
            lost = f"{prediction.tokens - limit:,} {CUT_AT.get(model.truncation, '')}" if limit else "the rest"
            cut = f"cut to {limit:,}:" if limit else "cut:"
            apart = " " if with_name else "\n"
            parts += [(f"{tokens}, ", ""), (f"{cut}{apart}⟦{lost}⟧ not read", "bold $text-warning")]
        else:
            parts.append((f"{tokens}, all of them read", "$foreground-muted"))
        if with_name and model.candidate is not None:
            parts.append((f"   model {clean_line(model.candidate.summary.name, 26)}", "$foreground-muted"))
    if places is not None and places.unknown_count:
        words = f"⟪{counted(places.unknown_count, 'token')}⟫ unknown: all the same to the model"
        if places.unknown_count == places.count:
            words = "⟪all of it⟫ unknown: the model tells no such reviews apart"
        parts.append((("\n" if parts else "") + words, "$text-warning"))
    return Content.assemble(*parts)


def copies(copy: Decision | None, waiting: int, choice: str, key: Key, *, same: bool, hidden: bool) -> Content:
    """Return what was said about a copy of the review, and what becomes of its copies that are undecided.

    Args:
        waiting: Their number.
        choice: See `Bookmark.copies`.
        same: Whether the copy has the same text, and not only nearly the same.
        hidden: Whether the model's answer must not be told; it is the same for every copy.
    """
    parts: list[Part] = []
    if copy is not None:
        earlier = sentences.said(copy, with_model=not hidden)
        lead = "asked before" if same else "nearly the same"
        parts.append((f"{lead}, line {copy.line}: {earlier}", "bold $text-warning"))
    if waiting and choice:
        what = "decided along" if choice == "along" else "each decided by itself"
        lead = "\n" if parts else ""
        parts += [
            (f"{lead}{sentences.copies(waiting)} {what}", ""),
            (f"  {key('classify.copies')} changes", "$foreground-muted"),
        ]
    elif waiting:
        parts.append((f"{chr(10) if parts else ''}{sentences.copies(waiting)} in this pile", ""))
    return Content.assemble(*parts)


def lines(*parts: Content) -> Content:
    """Return the parts that are not empty, one below the other."""
    return Content("\n").join([part for part in parts if part.plain])


def model_line(model: ModelInUse) -> Content:
    """Return the name of the model in use, with its base model and validation accuracy."""
    if model.candidate is None:
        return Content("")
    summary = model.candidate.summary
    score = f", {summary.validation.accuracy:.1%} validation accuracy" if summary.validation else ""
    return Content.assemble(
        (clean_line(summary.name, 38), "bold"), (f"\n{clean_line(summary.model, 30)}{score}", "$foreground-muted")
    )


def no_pile(key: Key) -> Content:
    """Return the text that is shown while no file is open."""
    return Content.assemble(
        ("No pile of reviews is open.\n\n", "bold"),
        (f" {key('classify.open')} ", "bold $text-primary"),
        ("opens a file of reviews; the sample inbox is offered\n", ""),
        (f" {key('classify.switch')} ", "bold $text-primary"),
        ("types or pastes a single review\n", ""),
    )


def empty_pile(source: str, key: Key) -> Content:
    """Return the text for a file that contains no reviews."""
    another = f"{key('classify.open')} opens another file."
    return Content.assemble((f"{clean_line(source, 120)} contains no reviews.\n\n", "bold"), another)


def reading(source: str, what: str) -> Content:
    """Return the text that is shown while a file is read."""
    return Content.assemble(
        ("Reading ", "$foreground-muted"), (clean_line(Path(source).name, 60), "bold"), f"\n\n{what}"
    )


def unreadable(message: str, key: Key) -> Content:
    """Return the text for a file that cannot be opened; `message` says why."""
    another = f"\n\n{key('classify.open')} opens another file."
    return Content.assemble(("This pile cannot be opened.\n\n", "bold $text-error"), (clean(message), ""), another)


def legend(prediction: Classification | None, labels: int, key: Key, *, hidden: bool) -> Content:
    """Return the keys that decide and move, for screens with enough room."""
    agree = f"agree: {clean_line(prediction.label, 24)}" if prediction is not None else "agree with the model"
    digits = [key(f"classify.label_{number}") for number in range(1, min(labels, MAX_DIGITS) + 1)]

    def pair(one: str, other: str) -> str:
        return f"{key(f'classify.{one}')}  {key(f'classify.{other}')}"

    keys = [
        *([] if hidden else [(key("classify.agree"), agree)]),
        ("–".join(dict.fromkeys((digits[0], digits[-1]))), "give the label yourself"),
        *([(key("classify.labels"), "find a label by its letters")] if labels > MAX_DIGITS else []),
        (key("classify.skip"), "skip: pass it over"),
        (key("classify.flag"), "flag: somebody must look"),
        (key("classify.ambiguous"), "vague: ambiguous, no label fits"),
        (key("classify.note"), "write a note"),
        *([] if hidden else [(pair("reasons", "edit"), "reasons, edit a copy")]),
        (pair("undo", "redo"), "undo, redo"),
        (pair("next", "previous"), "next, previous"),
        (pair("first_undecided", "number"), "first undecided, by number"),
        (key("classify.list"), "list of decisions"),
        (pair("requeue", "new_label"), "back to undecided, new label"),
        (key("classify.blind"), "show the model's answer" if hidden else "blind: label first"),
    ]
    width = max(6, *(len(one) + 1 for one, _ in keys))
    parts: list[Part] = []
    for one, what in keys:
        parts += [(f"{one:<{width}}", "bold $text-primary"), (f"{what}\n", "")]
    return Content.assemble(*parts)
