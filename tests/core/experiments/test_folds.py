"""Labels judged in folds, as a group: a run for each fold, measured at its end only, and a list at the end of all."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.experiments.continuing import start_group
from core.experiments.state import read_result, read_state
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.runs.folder import RunFolder, list_runs
from core.runs.request import Request
from core.suspicion.listing import FOLD_READING, read_kept
from tests.conftest import made_reviews
from tests.core.experiments.bench import Machine, request
from tests.core.suspicion.test_tuned import answered


class Answering(Machine):
    """A machine whose runs store their answers, too."""

    def train(self, run: RunFolder) -> None:
        super().train(run)
        asked = run.request()
        assert asked.validation is not None
        answered(run.path, read_reviews(asked.validation, asked.reading), 0.8)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    with (tmp_path / "r.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("review", "label"), *made_reviews(40)])
    return tmp_path / "r.csv"


def asked(source: Path, folds: int = 3) -> tuple[Request, dict[str, Any]]:
    data_hash = read_reviews(source).report.data_hash
    spec = {"source": str(source), "reading": {}, "data_hash": data_hash, "folds": folds, "seed": 0}
    return request(epochs=2).model_copy(update={"reading": FOLD_READING, "data": str(source)}), spec


def test_a_run_for_each_fold_and_then_the_list(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    machine = Answering(monkeypatch, lambda request: {})
    group = start_group("judges", "folds", *asked(source))
    machine.work()
    assert [name for name, _ in machine.trained] == ["judges-1", "judges-2", "judges-3"]
    requests = [run.request() for run in list_runs()]
    assert {one.settings.evaluate_every for one in requests} == {1 << 40}, "no weights are chosen by what they judge"
    assert len({one.data for one in requests}) == len({one.validation for one in requests}) == 3
    assert all(str(group.path) in one.data for one in requests)
    result, kept = read_result(group), read_kept(str(source))
    assert result is not None and kept is not None and read_state(group).concluded
    assert result["suspects"]["rows"] == kept.found.rows == 40
    assert (kept.found.suspects, kept.found.agreement, kept.found.folds) == (0, 1.0, 3)


def test_a_file_that_has_changed_meanwhile_is_said(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    machine = Answering(monkeypatch, lambda request: {})
    group = start_group("judges", "folds", *asked(source))
    source.write_text(source.read_text().replace("positive", "fine"))
    machine.work()
    result = read_result(group)
    assert result is not None and result["suspects"] is None
    assert result["sentence"] == (
        "No labels were judged: The reviews have changed since the models were trained; find suspects again."
    )
    assert read_kept(str(source)) is None


def test_a_damaged_declaration_is_a_sentence(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    Answering(monkeypatch, lambda request: {})
    base, spec = asked(source)
    for damage in ({"folds": "many"}, {"reading": {"scheme": "?"}}):
        with pytest.raises(InputError, match="damaged"):
            start_group(f"judges-{len(list_runs())}-{len(str(damage))}", "folds", base, spec | damage)


def test_reading_options_are_kept(source: Path) -> None:
    assert ReadingOptions.model_validate(FOLD_READING.model_dump(exclude_defaults=True)) == FOLD_READING
