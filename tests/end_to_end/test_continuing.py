"""Going on with runs from the command line: proof of exact resuming, more epochs, branches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Reviewtui

SMALL = ("batch_size=8", "max_length=32", "device=cpu", "precision=fp32", "dropout=0.1")


def sets(*assignments: str) -> list[str]:
    return [word for assignment in (*SMALL, *assignments) for word in ("--set", assignment)]


@pytest.fixture
def data(reviews_csv: Callable[..., Path]) -> str:
    return str(reviews_csv(60))


def test_verify_resume_kills_resumes_and_finds_every_bit_as_it_was(
    reviewtui: Reviewtui, data: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = ("--model", str(tiny_model), *sets("max_steps=40"))
    done = reviewtui("verify-resume", data, *model, "--kills", "1", "--seed", "4", "--json")
    found = done.json
    assert done.status == 0 and found["equal"] is True and found["steps"] == 40
    assert found["undisturbed"] == found["resumed"] and all(len(word) == 64 for word in found["resumed"].values())
    assert found["kills"] == sorted(found["kills"]) and all(0 < step < 40 for step in found["kills"])
    left = [entry.name for entry in (tmp_path / "home").iterdir() if entry.name.startswith("verify-")]
    assert left == [] and not (tmp_path / "home" / "runs").exists(), "nothing of it is kept"


def test_verify_resume_says_in_a_sentence_what_could_not_be_trained(reviewtui: Reviewtui, tiny_model: Path) -> None:
    failed = reviewtui("verify-resume", "/absent.csv", "--model", str(tiny_model))
    assert failed.status == 2 and failed.out == "" and "Traceback" not in failed.err


def test_a_run_is_extended_branched_and_shown_as_a_tree(reviewtui: Reviewtui, data: str, tiny_model: Path) -> None:
    model = ("--model", str(tiny_model), *sets("schedule=wsd", "decay_ratio=0.5", "epochs=1"))
    first = reviewtui("train", data, *model, "--name", "trunk", "--wait", "--json").json
    assert (first["state"], first["epochs"], first["before"]) == ("finished", 1.0, [])
    for word in ("1", "0", "many"):
        refused = reviewtui("extend", "trunk", "--epochs", word)
        assert refused.status == 2 and refused.err.count("\n") == 1
    extended = reviewtui("extend", "trunk", "--epochs", "+1", "--wait", "--json")
    assert extended.status == 0 and "before the learning rate fell" in extended.err
    found = extended.json
    assert (found["run"], found["state"], found["epochs"]) == (first["run"], "finished", 2.0)
    assert found["before"] == [{"epochs": 1.0, "validation": first["validation"]}]

    branched = reviewtui("branch", "trunk", "--set", "learning_rate=1e-5", "--set", "epochs=3", "--wait", "--json")
    assert branched.status == 0
    branch = branched.json
    assert branch["run"] != first["run"] and branch["parent"] == {"run": first["run"], "step": found["steps"]}
    listed = reviewtui("runs").out.splitlines()
    assert listed[1].split()[1] == "trunk" and "└ trunk-branch" in listed[2]
    shown = reviewtui("status", branch["run"]).out
    assert "branch of" in shown and first["run"] in shown
    again = reviewtui("status", "trunk", "--plain").out
    assert "with 1 epochs: accuracy" in again and "repeated: steps" in again


def test_a_branch_that_cannot_be_is_one_sentence(reviewtui: Reviewtui, data: str, tiny_model: Path) -> None:
    reviewtui("train", data, "--model", str(tiny_model), *sets("max_steps=3"), "--name", "short", "--wait")
    for words in (("branch", "short"), ("branch", "short", "--set", "lora=true"), ("branch", "other")):
        refused = reviewtui(*words)
        assert refused.status == 2 and refused.out == "" and refused.err.count("\n") == 1, refused.err
