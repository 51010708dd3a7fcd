"""A run's folder: one for each run, private, found by any word a person has for it, and never lost by accident."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.runs.folder import RunFolder, create_run, find_run, list_runs, runs_home
from core.runs.names import require_unused
from core.runs.request import Request
from core.runs.trash import empty_trash, restore_run, trash_run


def make(name: str = "chairs") -> RunFolder:
    return create_run(Request(name=name, data="/data/reviews.csv"))


def renamed(run: RunFolder, run_id: str) -> RunFolder:
    """The run under another id."""
    target = run.path.with_name(run_id)
    run.path.rename(target)
    return RunFolder(target)


def test_a_new_run_is_private_and_holds_its_request(home: Path) -> None:
    request = Request(name="chairs", data="/data/reviews.csv", preset="quick")
    run = create_run(request)
    assert run.request() == request
    for folder in (home, home / "runs", run.path, run.checkpoints):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(run.settings.stat().st_mode) == 0o600


def test_runs_made_at_once_get_a_folder_each() -> None:
    made: list[RunFolder] = []
    makers = [threading.Thread(target=lambda: made.extend(make() for _ in range(5))) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len({run.id for run in made}) == 20 == len(list_runs())


def test_a_taken_id_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    now = time.time()
    times = iter([now, now, now, now + 0.5])
    monkeypatch.setattr(time, "time", lambda: next(times))
    first, second = make("first"), make("second")
    assert first.path != second.path
    assert (first.request().name, second.request().name) == ("first", "second")


def test_runs_are_listed_the_newest_first_even_within_a_second() -> None:
    made = [make(f"run {number}").id for number in range(6)]
    assert [run.id for run in list_runs()] == made[::-1]
    assert find_run("latest").id == made[-1]


def test_what_is_no_run_is_not_listed(home: Path, tmp_path: Path) -> None:
    assert list_runs() == []
    run = make()
    (runs_home() / "notes.txt").touch()
    (runs_home() / "20260101-000000-zzzz").mkdir()
    (runs_home() / "20260101-000000-abcd").touch()
    (runs_home() / "20260101-000001-abcd").symlink_to(tmp_path)
    assert list_runs() == [run]


def test_a_home_that_cannot_be_read_is_a_sentence(home: Path) -> None:
    home.mkdir()
    (home / "runs").touch()
    with pytest.raises(ReviewtuiError, match=r"Cannot read .* set REVIEWTUI_HOME\."):
        list_runs()


def test_a_run_is_found_by_id_by_name_and_by_the_beginning_of_either() -> None:
    chairs, lamps = renamed(make("chairs"), "20260101-000000-aaaa"), renamed(make("lamps"), "20260202-000000-bbbb")
    for word in ("20260101-000000-aaaa", "chairs", "202601", "ch"):
        assert find_run(word) == chairs
    for word in ("latest", "lamps", "202602", "l"):
        assert find_run(word) == lamps


def test_a_whole_id_or_name_comes_before_the_beginning_of_another() -> None:
    first = renamed(make("one"), "20260101-000000-aaaa")
    longer = renamed(make("one more"), "20260101-000000-bbbb")
    named_like_an_id = renamed(make(first.id), "20260101-000000-cccc")
    assert find_run("one") == first and find_run("one ") == longer
    assert find_run(first.id) == first and find_run("20260101-000000-c") == named_like_an_id


@pytest.mark.parametrize("word", ["2026", "chairs", "cha"])
def test_a_word_that_names_several_runs_is_refused_with_their_ids(word: str) -> None:
    ids = [renamed(make("chairs"), f"20260101-00000{number}-aaaa").id for number in range(2)]
    with pytest.raises(InputError, match="names 2 runs") as caught:
        find_run(word)
    assert all(run_id in str(caught.value) for run_id in ids)


@pytest.mark.parametrize("word", ["", "nothing", "../../etc", "\x1b[2J", "."])
def test_a_word_that_names_no_run_is_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"^There is no run yet; start one with `reviewtui train DATA`\.$"):
        find_run(word)
    make()
    with pytest.raises(InputError, match="No run is called") as caught:
        find_run(word)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"name = ", b"\xff", b'name = "a"\ndata = "b"\nextra = 1\n'])
def test_a_damaged_request_is_a_sentence_and_hides_no_other_run(content: bytes | None) -> None:
    damaged, other = make("damaged"), make("other")
    damaged.settings.unlink() if content is None else damaged.settings.write_bytes(content)
    with pytest.raises(ReviewtuiError, match=r"settings\.toml cannot be read"):
        damaged.request()
    assert find_run("other") == other and find_run(damaged.id) == damaged


def test_a_trashed_run_is_gone_from_the_list_until_it_is_brought_back() -> None:
    run, other = make("mistake"), make("other")
    run.journal.write_text("kept")
    trashed = trash_run(run)
    assert list_runs() == [other]
    assert restore_run(trashed) == run and run.journal.read_text() == "kept"
    trashed = trash_run(run)
    empty_trash()
    empty_trash()
    assert not trashed.exists() and list_runs() == [other]


def test_a_run_is_found_by_the_name_that_was_typed_although_it_is_recorded_as_it_is_shown() -> None:
    typed = "night\x84 shift\u202e"
    named = make(require_unused(typed))
    assert find_run(typed) == named == find_run(clean_line(typed))
