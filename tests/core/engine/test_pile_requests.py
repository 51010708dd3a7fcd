"""Requests about a pile, as the engine carries them out: arranged, counted, searched, and read in any order."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.engine import pile_methods
from core.engine.data_requests import Rows
from core.engine.methods import method_named
from core.engine.pile_requests import ArrangePile, CountFound, FindCopies
from core.engine.requests import EngineRequest, from_params, from_result, method_of, to_params, to_result
from core.reviews.options import ReadingOptions
from core.triage.decisions import DecisionLog
from core.triage.way import arranged_way
from tests.conftest import made_reviews
from tests.core.triage.bench import decision, made_pile, use_model, write_pile

READING = ReadingOptions(text="review")
TEXTS = [text for text, _ in made_reviews(40, 6)]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    pile_methods._open.clear()


def ask(request: EngineRequest[Any]) -> Any:
    """The answer, after both have been through the pipe."""
    kind, method = method_named(method_of(request))
    answer = method(from_params(kind, to_params(request)), lambda what, share: None)
    return from_result(request, to_result(answer))


@pytest.fixture
def pile(tmp_path: Path) -> dict[str, Any]:
    """The source and a model of a pile, as requests name them."""
    made = made_pile(tmp_path, [*TEXTS, TEXTS[0]])
    model = use_model(made, tmp_path / "one", [[0.0, (row * 7 % 41) / 10 - 2] for row in range(40)] + [[0.0, -2.0]])
    return {"source": made.source, "reading": READING, "model": str(model)}


def test_rows_come_in_the_order_in_which_they_are_wanted(pile: dict[str, Any]) -> None:
    at = (7, 0, 39, 3)
    page = ask(Rows(source=pile["source"], reading=READING, without_labels=True, at=at))
    assert [row.row for row in page.rows] == list(at) and [row.text for row in page.rows] == [TEXTS[row] for row in at]
    assert page.total == 41
    beyond = ask(Rows(source=pile["source"], reading=READING, without_labels=True, at=(41, 2)))
    assert [row.row for row in beyond.rows] == [2]


def test_an_arrangement_tells_rows_places_and_audits(pile: dict[str, Any]) -> None:
    found = ask(ArrangePile(order="uncertainty", current=5, **pile))
    way = arranged_way("uncertainty", found.rows, found.places, found.audits)
    assert len(way) == 41 and way.row(0) == 5 and found.scored == 41
    assert sorted(way.rows(0, 41)) == list(range(41))
    assert [way.position(way.row(place)) for place in range(41)] == list(range(41))
    assert way.row(40) == 40, "a copy comes last"
    assert len(found.audits) == 41 and 0 < sum(found.audits) < 12


def test_a_filter_shows_a_part_and_counts_say_how_large_it_is(pile: dict[str, Any]) -> None:
    made = made_pile(Path(pile["source"]).parent, [*TEXTS, TEXTS[0]])
    log = DecisionLog(pile["source"])
    fits = [row for row, text in enumerate([*TEXTS, TEXTS[0]]) if "lamp" in text]
    log.decide(decision(made, fits[1]))
    log.close()
    found = ask(ArrangePile(order="file", query="lamp", **pile))
    assert list(array("i", found.rows)) == fits and not any(found.audits)
    assert array("i", found.places).tolist() == [fits.index(row) if row in fits else -1 for row in range(41)]
    counted = ask(CountFound(query="lamp", **pile))
    assert (counted.rows, counted.undecided, counted.total, counted.scored) == (len(fits), len(fits) - 1, 41, None)
    assert ask(CountFound(query="lamp p>0", **pile)).scored == 41
    with pytest.raises(InputError, match="There is no filter 'lable'"):
        ask(CountFound(query="lable:x", **pile))


def test_copies_are_found_without_the_review_itself(pile: dict[str, Any]) -> None:
    del pile["model"]
    assert ask(FindCopies(row=0, **pile)).rows == (40,)
    assert ask(FindCopies(row=40, **pile)).rows == (0,)
    assert ask(FindCopies(row=3, **pile)).rows == () == ask(FindCopies(row=400, **pile)).rows


def test_a_file_that_changes_is_read_anew(pile: dict[str, Any]) -> None:
    before = ask(ArrangePile(order="random", **pile))
    write_pile(Path(pile["source"]), TEXTS[:10])
    after = ask(ArrangePile(order="random", **pile))
    assert before.data_hash != after.data_hash and len(after.rows) == 10 * 4


def test_requests_about_a_pile_need_no_model_loaded(pile: dict[str, Any]) -> None:
    assert ArrangePile(order="file", **pile).needs_no_model and CountFound(query="", **pile).needs_no_model
    assert Rows(source="x", without_labels=True).needs_no_model and not Rows(source="x").needs_no_model
