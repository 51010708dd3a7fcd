"""What rows can show is known before a run: it equals the exact power, and its assumptions are named."""

from __future__ import annotations

import pytest

from core.base.errors import InputError
from core.comparison.foresee import ASSUMED_ACCURACY, ASSUMED_SPREAD, foresee
from core.runs.group import create_group
from core.runs.group_journal import Made, NewRun, Planned, append
from core.statistics.power import discordant_share, row_power, rows_needed
from core.statistics.seed_power import seed_power
from tests.tui.made_runs import make_run
from tui.foresight_text import shows_line, shows_sentences

DATA = "/data/reviews.csv"


def test_without_runs_an_assumption_is_made() -> None:
    found = foresee(400, DATA)
    assert (found.accuracy, found.accuracy_of, found.spread, found.spread_of) == (
        ASSUMED_ACCURACY,
        "",
        ASSUMED_SPREAD,
        "",
    )
    assert found.discordant == pytest.approx(discordant_share(0.9))
    assert found.smallest_visible is not None
    assert row_power(400, found.discordant, found.smallest_visible) == pytest.approx(0.8, abs=1e-3)
    assert shows_line(found)[1] == "both are right in 90 %" and len(shows_sentences(found)) == 1


def test_the_best_run_on_the_same_data_stands_for_others() -> None:
    make_run(1, name="best"), make_run(2, name="elsewhere", data="/data/other.csv")
    found = foresee(400, "/data/other.csv")
    assert (found.accuracy, found.accuracy_of) == (0.9, "elsewhere")
    assert "as elsewhere is" in shows_sentences(found)[0]


def test_a_wanted_difference_needs_rows_and_seeds() -> None:
    found = foresee(400, DATA, 0.02)
    assert found.rows_needed == rows_needed(0.02, found.discordant)
    assert found.seeds_needed is not None
    assert seed_power(found.seeds_needed, 2 / 2**0.5) >= 0.8 > seed_power(found.seeds_needed - 1, 2 / 2**0.5)
    assert "which is a guess" in shows_sentences(found)[1]
    # More than the expected disagreement: then all of it speaks for one model.
    assert foresee(400, DATA, 0.3).rows_needed == rows_needed(0.3, 0.3)


def test_seeds_of_the_same_data_tell_the_spread() -> None:
    group = create_group("seeds", "seeds", {"name": "seeds", "data": DATA}, {"seeds": [1, 2, 3]})
    runs = [make_run(number, name=f"s{number}", steps=20 * number) for number in (1, 2, 3)]
    append(group.journal, Planned(new=tuple(NewRun(number=n, name=f"s{n}", settings={}) for n in (1, 2, 3))))
    for number, run in enumerate(runs, start=1):
        append(group.journal, Made(number=number, run=run.id))
    assert foresee(400, DATA).spread_of == ""  # all have the same accuracy: that is no spread to go by


def test_too_few_rows_show_nothing_and_no_difference_is_refused() -> None:
    few = foresee(3, DATA)
    assert few.smallest_visible is None and "too few" in shows_sentences(few)[0]
    assert foresee(0, DATA).smallest_visible is None
    for wanted in (0.0, -0.1, 1.0):
        with pytest.raises(InputError, match="above 0"):
            foresee(400, DATA, wanted)
