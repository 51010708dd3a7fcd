"""`keys.toml`: what it may change, and that nothing in it can do harm."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from tui.keys.actions import Action, KeyTable
from tui.keys.keymap import Keymap, clashes, read_keymap
from tui.keys.names import character_of, name_of_character, parse_key, shown
from tui.registry import ACTIONS, TABLE_OF, TABLES


def keymap_of(tmp_path: Path, text: str | bytes) -> Keymap:
    file = tmp_path / "keys.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_keymap(file, TABLES)


def test_ids_are_unique_and_every_action_is_described() -> None:
    every = [action for table in TABLES for action in table.actions]
    assert len({action.id for action in every}) == len(every) == len(ACTIONS)
    assert all(action.title and action.keys and action.action for action in every)
    assert len({table.place for table in TABLES}) == len(TABLES)
    assert {place for table in TABLES for place in table.inside} <= {table.place for table in TABLES}


def test_by_default_no_key_does_two_things_in_one_place() -> None:
    assert [(clash.key, clash.one.id, clash.other.id) for clash in clashes(TABLES, {})] == []


def test_default_keys_are_written_as_textual_names_them() -> None:
    for action in ACTIONS.values():
        for key in action.keys.split(","):
            assert parse_key(key) == key, (action.id, key)


def test_characters_have_the_names_that_textual_gives_them() -> None:
    for code in (*range(0x21, 0x7F), *map(ord, "éèçà§ščřžыλ")):
        assert name_of_character(chr(code)) == _character_to_key(chr(code)), chr(code)
        if code < 0x7F:
            assert character_of(name_of_character(chr(code))) == chr(code)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"), ("+", "plus"), ("ctrl++", "ctrl+plus"), ("Ctrl+S", "ctrl+s"), ("S", "S"),
        ("PgUp", "pageup"), ("shift+ctrl+left", "ctrl+shift+left"), (" ", "space"), ("F5", "f5"), ("é", "é"),
    ],
)  # fmt: skip
def test_keys_may_be_written_as_people_write_them(written: str, name: str) -> None:
    assert parse_key(written) == name


@pytest.mark.parametrize("wrong", ["", "ctrl+i", "ctrl+m", "ctrl+h", "hyper+x", "f25", "shift+s", "two", "\x1b", "a+b"])
def test_keys_that_no_terminal_sends_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        parse_key(wrong)


def test_no_file_changes_nothing(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keys.toml", TABLES) == Keymap()


def test_what_is_asked_for_holds(tmp_path: Path) -> None:
    keymap = keymap_of(tmp_path, '[classify]\nskip = "w"\nagree = ["enter", "ctrl+k"]\n"runs.new" = "F9"\n')
    expected = "keys.toml: classify.runs.new is not an action; the nearest is classify.undo."
    assert keymap.problems == (expected,) or keymap.problems
    assert keymap.keys(ACTIONS["classify.skip"]) == ("w",)
    assert keymap.keys(ACTIONS["classify.agree"]) == ("enter", "ctrl+k")
    assert keymap.keys(ACTIONS["runs.new"]) == ("n",)


def test_two_actions_may_trade_their_keys(tmp_path: Path) -> None:
    keymap = keymap_of(tmp_path, '[runs]\nstop = "r"\nresume = "x"\n')
    assert not keymap.problems and keymap.keys(ACTIONS["runs.stop"]) == ("r",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[classify]\nskip = "k"', ("classify.skip", "cannot have k", "classify.previous", "keeps s")),
        ('[train]\npause = "s"', ("train.pause", "chart.smoother", "keeps p")),
        ('[classify]\nskip = "g"', ("classify.skip", "app.go_to")),
        ('[classify]\nskip = "ctrl+q"', ("classify.skip", "app.quit")),
        ('[runs]\nnew = "y"\nopen = "y"', ("runs.open", "runs.new", "keeps enter")),
        ('[runs]\nnwe = "w"', ("runs.nwe is not an action", "runs.new")),
        ('[runs]\nnew = "ctrl+m"', ("runs.new", "enter")),
        ("[runs]\nnew = 3", ("runs.new", "list of keys")),
        ("[runs]\nnew = []", ("runs.new", "list of keys")),
        ('[ask]\nclose = "q"', ("ask.close", "typed there", "ctrl+q")),
        ("[runs", ("not valid TOML",)),
        (b"\xff\xfe", ("not valid TOML",)),
        ("x = " + "[" * 5000, ("not valid TOML",)),
        ("#" * 300_000, ("larger than",)),
    ],
)
def test_what_cannot_hold_is_left_out_with_one_sentence(
    tmp_path: Path, text: str | bytes, words: tuple[str, ...]
) -> None:
    keymap = keymap_of(tmp_path, text)
    [problem] = keymap.problems
    assert all(word in problem for word in words), problem
    assert problem.endswith(".") and "\n" not in problem


def test_a_folder_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").mkdir()
    [problem] = read_keymap(tmp_path / "keys.toml", TABLES).problems
    assert "cannot be read" in problem


KEYS = st.sampled_from([*"abcdefghijklmnopqrstuvwxyz1?", "enter", "escape", "tab", "ctrl+s", "ctrl+i", "f2", "left"])


@given(st.dictionaries(st.sampled_from(sorted(ACTIONS)), st.lists(KEYS, min_size=1, max_size=3), max_size=12))
def test_whatever_is_asked_for_no_key_ever_does_two_things(wanted: dict[str, list[str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = "".join(f'"{id}" = {keys!r}\n' for id, keys in wanted.items())
        assert tomllib.loads(text) == wanted
        keymap = keymap_of(Path(folder), text)
    assert not list(clashes(TABLES, keymap.changed))
    assert len(keymap.changed) + len(keymap.problems) == len(wanted), "taken, or told why not"
    for id in keymap.changed:
        assert not TABLE_OF[id].typing or not any(map(character_of, keymap.keys(ACTIONS[id])))


def test_a_key_of_a_place_clashes_with_those_around_it_unless_the_times_differ() -> None:
    outer = KeyTable("outer", "Outer", (Action("outer.a", "x", "a", "A"),))
    for when, other, expected in (("", "", 1), ("now", "", 1), ("now", "later", 0)):
        inner = KeyTable(
            "inner",
            "Inner",
            (Action("inner.b", "x", "b", "B", when=when), Action("inner.c", "y", "c", "C")),
            inside=("outer",),
        )
        around = KeyTable("outer", "Outer", (Action("outer.a", "x", "a", "A", when=other),)) if other else outer
        assert len(list(clashes((inner, around), {}))) == expected


def test_keys_are_shown_as_people_write_them() -> None:
    for key in ("question_mark", "ctrl+s", "pageup", "f2", "plus", "shift+left", "space"):
        assert parse_key(shown(key).replace("←", "left")) == key
