"""`rank` on the command line: what it prints and writes, and what it refuses, in plain sentences."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.engine.methods import method_named
from core.engine.requests import EngineRequest, method_of
from core.runs.folder import RunFolder
from core.scores import scoring
from tests.conftest import made_reviews
from tests.core.bulk.double import model_folder
from tests.core.triage.bench import Answering, write_pile
from tests.hostile import steering
from tests.tui.made_runs import make_run
from tui.commands import main as command_line
from tui.commands import rank as command

Printed = pytest.CaptureFixture[str]
TEXTS = [text for text, _ in made_reviews(12, 3)]
LABELS = ["negative", "positive"] * 6


def reviewtui(*arguments: str) -> int:
    """Run the command line in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["reviewtui", *arguments])
        return command_line._status()


@pytest.fixture(autouse=True)
def engine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's work is done in this process, by models that say what their folder holds."""

    def ask(request: EngineRequest[Any]) -> Any:
        _, method = method_named(method_of(request))
        return method(request, lambda what, share: None)

    def load(model: Path, device: str) -> Answering:
        answers = json.loads((model / "answers.json").read_bytes())
        return Answering(answers["answers"], tuple(answers["labels"]))

    monkeypatch.setattr(command, "ask", ask)
    monkeypatch.setattr(scoring, "_load", load)


@pytest.fixture
def run() -> Callable[..., RunFolder]:
    """`run(number, logits, labels)`: a finished run whose model gives these logits to TEXTS."""

    def make(
        number: int, logits: Sequence[Sequence[float]], labels: Sequence[str] = ("negative", "positive"), **more: Any
    ) -> RunFolder:
        made = make_run(number, **more)
        (made.path / "model").mkdir(exist_ok=True)
        model = model_folder(made.path)
        answers = {"answers": dict(zip(TEXTS, logits, strict=True)), "labels": labels}
        (model / "answers.json").write_text(json.dumps(answers))
        return made

    return make


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    return write_pile(tmp_path / "pile.jsonl", TEXTS, LABELS)


DOUBT = [[0.0, (row * 5 % 12) / 4 - 1.3] for row in range(12)]


def test_the_file_has_all_in_their_order_with_reasons(pile: Path, tmp_path: Path, run: Any, capsys: Printed) -> None:
    run(1, DOUBT, name="careful")
    for name in ("out.csv", "out.jsonl"):
        assert reviewtui("rank", str(pile), "--by", "uncertainty", "--output", str(tmp_path / name)) == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines(keepends=True)))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (
        list(rows[0])
        == list(lines[0])
        == [
            *("rank", "row", "file", "line", "text", "label", "prediction", "probability", "margin", "reason", "copies")
        ]
    )
    assert [int(row["row"]) for row in rows] == [line["row"] for line in lines]
    assert [line["rank"] for line in lines] == list(range(1, 13)) and sorted(line["row"] for line in lines) == [
        *range(12)
    ]
    margins = [line["margin"] for line in lines]
    assert margins == sorted(margins)
    for line in lines:
        assert (
            line["text"] == TEXTS[line["row"]]
            and line["label"] == LABELS[line["row"]]
            and line["line"] == line["row"] + 1
        )
        best, second = f"{line['probability']:.2f}", f"{1 - line['probability']:.2f}"
        assert line["reason"].startswith(f"{line['prediction']} {best}, ") and line["reason"].endswith(f" {second}")
    printed = capsys.readouterr().out
    assert "12 reviews by uncertainty\n" in printed and f"written to {tmp_path / 'out.csv'}" in printed


def test_json_is_one_object_and_nothing_else(pile: Path, run: Any, capsys: Printed) -> None:
    made = run(1, DOUBT)
    assert reviewtui("rank", str(pile), "--by", "suspicion", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["order"], found["run"], found["reviews"], found["copies"]) == ("suspicion", made.id, 12, 0)
    assert [one["rank"] for one in found["first"]] == list(range(1, 13))
    first = found["first"][0]
    assert first["label"] != first["prediction"]
    assert first["reason"] == f"labelled {first['label']}; the model gives that {1 - first['probability']:.3f}"


def test_disagreement_names_both_and_where_they_differ_comes_first(pile: Path, run: Any, capsys: Printed) -> None:
    one = run(1, DOUBT, name="careful")
    other = run(2, [[-b, -a] if row % 3 else [b, a] for row, (a, b) in enumerate(DOUBT)], name="bold")
    found_runs = ("--run", one.id, "--against", other.id)
    assert reviewtui("rank", str(pile), "--by", "disagreement", *found_runs, "--json") == 0
    first = json.loads(capsys.readouterr().out)["first"]
    differ = [_labels(line["reason"])[0] != _labels(line["reason"])[1] for line in first]
    assert differ == sorted(differ, reverse=True) and 0 < sum(differ) < 12
    assert first[0]["reason"].startswith("careful: ") and ", bold: " in first[0]["reason"]


def _labels(reason: str) -> list[str]:
    return [part.split(": ")[1].split()[0] for part in reason.split(", ")]


def test_random_needs_no_model_and_is_the_same_every_time(pile: Path, capsys: Printed) -> None:
    orders = []
    for _ in range(2):
        assert reviewtui("rank", str(pile), "--by", "random", "--json") == 0
        orders.append([one["row"] for one in json.loads(capsys.readouterr().out)["first"]])
    assert orders[0] == orders[1] != sorted(orders[0])


def test_near_copies_are_listed_once_and_counted(tmp_path: Path, run: Any, capsys: Printed) -> None:
    run(1, DOUBT)
    source = write_pile(tmp_path / "copies.jsonl", [*TEXTS, TEXTS[4], TEXTS[4]])
    assert reviewtui("rank", str(source), "--by", "uncertainty") == 0
    assert "12 reviews by uncertainty\n2 near copies are left out" in capsys.readouterr().out
    assert reviewtui("rank", str(source), "--by", "uncertainty", "--json") == 0
    copies = {one["row"]: one["copies"] for one in json.loads(capsys.readouterr().out)["first"]}
    assert copies == {row: 2 if row == 4 else 0 for row in range(12)}


def test_the_model_classifies_the_file_once(pile: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run(1, DOUBT)
    assert reviewtui("rank", str(pile), "--by", "uncertainty") == 0
    monkeypatch.setattr(scoring, "_load", lambda model, device: pytest.fail("the model was loaded again"))
    assert reviewtui("rank", str(pile), "--by", "suspicion") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "disagreement"], "--by disagreement compares two runs: name the second with --against RUN."),
        (["--by", "uncertainty", "--against", "careful"], "--against is for --by disagreement."),
        (["--by", "disagreement", "--against", "careful"], "--run and --against are the same run"),
        (["--by", "uncertainty", "--output", "out.xlsx"], "--output must end in .csv or .jsonl, not 'out.xlsx'."),
        (["--by", "random", "--output", "no/such/out.csv"], "There is no folder"),
        (["--by", "uncertainty", "--run", "nobody"], "nobody"),
        (["--by", "best"], "Invalid value for '--by'"),
        ([], "Missing option '--by'"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_computed(
    pile: Path, run: Any, capsys: Printed, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(1, DOUBT, name="careful")
    monkeypatch.setattr(scoring, "_load", lambda model, device: pytest.fail("a model was loaded"))
    assert reviewtui("rank", str(pile), *arguments) == 2
    printed = capsys.readouterr()
    assert said in printed.err and printed.err.count("\n") == 1 and not printed.out


def test_without_labels_nothing_is_suspicious(tmp_path: Path, run: Any, capsys: Printed) -> None:
    run(1, DOUBT)
    source = write_pile(tmp_path / "inbox.jsonl", TEXTS)
    assert reviewtui("rank", str(source), "--by", "suspicion") == 2
    assert "have no labels, so none of them can be wrong" in capsys.readouterr().err


def test_without_a_model_it_says_how_to_get_one(pile: Path, capsys: Printed) -> None:
    assert reviewtui("rank", str(pile), "--by", "uncertainty") == 2
    assert "There is no trained model yet; make one with `reviewtui train DATA`." in capsys.readouterr().err


def test_hostile_texts_labels_and_names_stay_on_their_line(tmp_path: Path, run: Any, capsys: Printed) -> None:
    hostile = ["=cmd()\x1b[2J\u202e q1", "@SUM \x9b31m q2", "line\nbreak\r\x07 q3"]
    texts = hostile + TEXTS[3:]
    labels = ["neg\x1b]0;x\x07", "pos\u202e"]
    made = make_run(1, name="evil")
    (made.path / "model").mkdir(exist_ok=True)
    answers = {"answers": dict(zip(texts, DOUBT, strict=True)), "labels": labels}
    (model_folder(made.path) / "answers.json").write_text(json.dumps(answers))
    source = write_pile(tmp_path / "evil\u202e.jsonl", texts, [labels[row % 2] for row in range(12)])
    output = tmp_path / "out.csv"
    assert reviewtui("rank", str(source), "--by", "suspicion", "--output", str(output)) == 0
    printed = capsys.readouterr()
    assert not steering(printed.out.replace("\n", "")) and "q3" in printed.out
    written = output.read_text()
    cells = [cell for row in csv.reader(written.splitlines(keepends=True)) for cell in row]
    assert not set(written) & set("\x1b\x9b\u202e\x07")
    assert all(cell[:1] not in "=+@-" for cell in cells if cell)
