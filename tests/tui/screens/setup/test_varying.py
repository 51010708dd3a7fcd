"""What settings that vary come to: the group that starts, and the command that starts the same one."""

from __future__ import annotations

import subprocess
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.experiments.seeds import parse_seeds
from core.experiments.space import parse_dimension, parse_space
from core.experiments.sweep_spec import SweepSpec, check_sweep
from core.forecast.facts import Facts
from core.forecast.forecast import forecast
from core.settings.schema import Settings
from tests.tui.engine_double import HOSTILE, STEERING, facts
from tui.screens.setup.draft_check import check_draft, command_of
from tui.screens.setup.sweep_answers import ANSWERS, USUAL, spec_of
from tui.screens.setup.varying import group_of, in_words
from tui.shell_command import quoted
from tui.state import Draft

BASE = Settings(model="starter", epochs=9)
FACTS = Facts.model_validate(facts())
SPACE = {"learning_rate": "1e-5..2e-4:log", "freeze_layers": "none,2,4"}


@given(st.text(max_size=12) | st.sampled_from(["1..4", "2,4", "0..9", "4", "1..4:2", "none,2", "8..2", "1e3..2e3"]))
def test_a_range_is_refused_just_where_the_command_refuses_it_and_in_its_words(text: str) -> None:
    group = group_of({"epochs": text}, {}, BASE)
    assert group is not None
    try:
        parse_dimension("epochs", text, BASE)
    except InputError as error:
        assert group.problems == {"epochs": str(error)} and group.spec is None
    else:
        assert not group.problems and (group.spec is not None or group.refused)


@given(st.text(max_size=8) | st.sampled_from(["3", "1,5,9", "1", "0", "1,1", "200"]))
def test_seeds_that_vary_alone_are_those_of_the_flag(text: str) -> None:
    group = group_of({"seed": text}, {}, BASE)
    assert group is not None and group.kind == "seeds"
    try:
        assert group.spec == {"seeds": list(parse_seeds(text, BASE.seed))}
    except InputError as error:
        assert group.problems == {"seed": str(error)}


def test_what_cannot_vary_together_is_refused_at_the_setting_that_is_too_much() -> None:
    both = group_of({"seed": "3", "epochs": "2,4"}, {}, BASE)
    assert both is not None and both.kind == "sweep" and list(both.problems) == ["seed"]
    models = group_of({"model": "a,b", "epochs": "2,4"}, {}, BASE)
    assert models is not None and models.kind == "versus" and list(models.problems) == ["epochs"]
    for text in ("a", "a,a", "a,,b", ""):
        one = group_of({"model": text}, {}, BASE)
        assert one is not None and list(one.problems) == ["model"]


def test_models_are_compared_with_three_seeds_or_those_that_vary() -> None:
    usual, chosen, one = (
        group_of({"model": "a, b", **more}, {}, BASE) for more in ({}, {"seed": "4,9"}, {"seed": "1"})
    )
    assert usual is not None and usual.spec == {"models": ["a", "b"], "seeds": [1, 2, 3], "epochs": [], "minutes": 0.0}
    assert chosen is not None and chosen.spec is not None and chosen.spec["seeds"] == [4, 9]
    assert one is not None and one.spec is not None and one.spec["seeds"] == [1]
    assert usual.base.model == "a" and in_words(usual, FACTS) == "versus: 2 models with 3 seeds each, 6 runs"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "strategy": st.sampled_from(["grid", "halving", "search"]),
            "runs": st.sampled_from(["2", "30", "1000", "1", "x", "1.5", "1e3", ""]),
            "minutes": st.sampled_from(["5", "0.5", "0", "-1", "nan", "inf", "soon", ""]),
            "metric": st.sampled_from(["accuracy", "loss", "accuracy-and-seconds"]),
            "test": st.sampled_from(["", "owner/name", "/nowhere/test.csv", "~nobody/x", "/" + "a" * 5000]),
        },
    )
)
def test_answers_are_accepted_just_where_the_sweep_accepts_them(answers: dict[str, str]) -> None:
    spec, refused = spec_of(SPACE, answers, BASE)
    assert (spec is None) == bool(refused) and refused.keys() <= USUAL.keys()
    assert not any(STEERING & set(sentence) for sentence in refused.values())
    if spec is not None:
        assert check_sweep(spec, BASE) >= 2
        assert spec.strategy == answers.get("strategy", "search") and spec.minutes == float(answers.get("minutes") or 0)


def test_every_answer_says_what_it_means() -> None:
    assert {one.name for one in ANSWERS} == USUAL.keys() == set(SweepSpec.__struct_fields__) - {"space"}
    assert all(one.help and one.title for one in ANSWERS)


def test_the_line_says_how_many_runs_and_how_long() -> None:
    sweep = group_of({"epochs": "3,9"}, {}, BASE)
    seeds = group_of({"seed": "3"}, {}, BASE)
    assert sweep is not None and seeds is not None
    assert in_words(sweep, None) == "sweep: 2 trials" and in_words(seeds, None) == "seeds: 3 runs"
    assert 3 * forecast(FACTS, BASE).seconds == pytest.approx(52, abs=3)
    assert in_words(seeds, FACTS) == "seeds: 3 runs, about 52 s (an estimate)"
    assert in_words(sweep, FACTS).startswith("sweep: 2 trials, about 1 min (")
    refused = group_of({"epochs": "3,9"}, {"strategy": "halving"}, BASE)
    assert refused is not None and "Halving decides epochs itself" in in_words(refused, FACTS)


def words_of(draft: Draft) -> list[str]:
    """The words of the command as a shell reads them."""
    command = quoted(command_of(draft, check_draft(draft, frozenset()).group))
    read = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True).stdout
    return [word.decode() for word in read.split(b"\0")[:-1]]


def test_the_command_read_back_starts_the_same_sweep() -> None:
    answers = {"strategy": "halving", "runs": "20", "metric": "loss", "test": "my test.csv"}
    draft = Draft(source="a b.csv", varied=SPACE, typed={"epochs": "9"}, sweep=answers, name="first try")
    words = words_of(draft)
    assert words[:3] == ["reviewtui", "sweep", "a b.csv"] and words[words.index("--name") + 1] == "first try"
    spaces = [words[at + 1] for at, word in enumerate(words) if word == "--space"]
    flags = {name: words[words.index(f"--{name}") + 1] for name in answers}
    group = check_draft(draft, frozenset()).group
    assert flags == answers and group is not None and group.spec is not None
    read = {name: str(one) for name, one in parse_space(spaces, Settings(epochs=9)).items()}
    assert read == msgspec.convert(group.spec, SweepSpec).space


@pytest.mark.parametrize(
    ("varied", "expected"),
    [
        ({"seed": "3"}, "reviewtui train x.csv --preset balanced --set model=c --set epochs=9 --seeds 3"),
        (
            {"model": "a b,c"},
            "reviewtui versus x.csv --preset balanced --set epochs=9 --model 'a b' --model c --seeds 3",
        ),
        ({}, "reviewtui train x.csv --preset balanced --set model=c --set epochs=9"),
    ],
)
def test_seeds_and_models_have_commands_of_their_own(varied: dict[str, str], expected: str) -> None:
    draft = Draft(source="x.csv", varied=varied, typed={"epochs": "9", "model": "c"})
    assert quoted(command_of(draft, check_draft(draft, frozenset()).group)) == expected


def test_hostile_ranges_are_told_as_text() -> None:
    cases: list[dict[str, Any]] = [{"epochs": HOSTILE}, {"seed": HOSTILE}, {"optimizer": HOSTILE}]
    for varied in cases:
        group = group_of(varied, {"test": f"/{HOSTILE}", "runs": HOSTILE}, BASE)
        assert group is not None
        for sentence in (*group.problems.values(), *group.refused.values()):
            assert not STEERING & set(sentence), sentence
