"""What was decided about the labels of a source: in the pile of its suspects, and in its own pile."""

from __future__ import annotations

from core.base.errors import InputError
from core.base.text import clean_line
from core.suspicion.listing import read_kept
from core.triage.decision import Decision
from core.triage.decisions import LOG, pile_folder, read_history
from core.triage.exchange.opening import open_decisions


def decided_about(source: str, word: str | None = None) -> list[Decision]:
    """Return the latest decisions about the texts of a source, in the order in which they were made.

    What a model labelled automatically is nobody's word about a label, and left out.

    Args:
        word: What names decisions elsewhere, as for the command `decisions`; None takes those about the source.

    Raises:
        InputError: Decisions cannot be read.
    """
    if word is not None:
        return _of_people(open_decisions(word).history.verdicts())
    kept = read_kept(source)
    found: list[Decision] = []
    for pile in (source, *([str(kept.pile)] if kept is not None else [])):
        log = pile_folder(pile) / LOG
        if log.is_file():
            try:
                found += read_history(log)[0].verdicts()
            except OSError as error:
                raise InputError(f"Cannot read {clean_line(log, 160)} ({error.strerror or error}).") from error
    return _of_people(found)


def _of_people(decisions: list[Decision]) -> list[Decision]:
    return sorted((one for one in decisions if one.source != "model"), key=lambda one: one.time)
