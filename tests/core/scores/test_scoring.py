"""Scores: each row has what the model says of its text, whatever was killed on the way, and nothing is done twice."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import ReviewtuiError
from core.inference.predictor import Predictor
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder
from core.runs.lock import RunLock
from core.scores import scoring
from core.scores.folder import ScoresFolder, progress_of, scores_home
from core.scores.scores import Scores, open_scores, scores_of, scoring_sequence
from core.scores.scoring import score
from tests.core.bulk.killed import CALLS, in_a_fork
from tests.core.scores.bench import SMALL, Costless, answer, inbox, model_folder, pile, scores


def folder_of_all() -> ScoresFolder:
    """The only scores that there are."""
    (path,) = (one for one in scores_home().iterdir() if one.is_dir())
    return ScoresFolder(path)


def check(found: Scores, texts: list[str]) -> None:
    """Every row has the answer about its text."""
    assert found.rows == len(texts) and found.scored.all()
    for row, text in enumerate(texts):
        logits, tokens, unknown = answer(text)
        assert found.logits[row].tolist() == np.array(logits, dtype=np.float32).tolist()
        assert (found.tokens[row], found.unknown[row]) == (tokens, unknown)
        assert found.truncated[row] == (tokens > 40)


def refuse(model: Path, device: str) -> Any:
    pytest.fail("a model was loaded")


def test_each_row_has_the_answer_about_its_text(tmp_path: Path) -> None:
    reviews = pile(tmp_path)
    found = scores(model_folder(tmp_path), reviews)
    check(found, reviews.texts(range(len(reviews))))
    assert (found.hashes == reviews.hashes).all() and found.labels == ("negative", "positive")


def test_scores_of_a_real_model_are_its_logits(tiny_classifier: Path, tmp_path: Path, reviews_csv: Any) -> None:
    reviews = read_unlabelled(str(reviews_csv(40)))
    found = score(tiny_classifier, reviews, "reviews.csv", sizes=SMALL)
    assert found is not None
    logits, tokens = Predictor(tiny_classifier).logits(reviews.texts(range(40)))
    np.testing.assert_allclose(found.logits, logits, atol=1e-5)
    assert found.tokens.tolist() == tokens.tolist()


def test_what_is_there_is_not_computed_again(tmp_path: Path) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path)
    before = scores(model, reviews)
    again = scores(model, reviews, refuse)
    np.testing.assert_array_equal(again.logits, before.logits)
    shutil.copytree(model, tmp_path / "copy")
    assert scores_of(tmp_path / "copy", reviews) is not None
    (model / "model.safetensors").write_bytes(b"other weights")
    assert scores_of(model, reviews) is None


def test_another_file_with_the_same_reviews_needs_no_new_scores(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    scores(model_folder(tmp_path / "run"), pile(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    same, other = inbox(tmp_path / "elsewhere" / "pile.csv", 20), inbox(tmp_path / "elsewhere" / "more.csv", 21)
    run = RunFolder(tmp_path / "run")
    assert open_scores(run, same) is not None and open_scores(run, other) is None


def test_equal_texts_are_computed_once_in_a_chunk(tmp_path: Path) -> None:
    source = tmp_path / "pile.csv"
    source.write_text("id,review\n" + "".join(f"{row},the same text here\n" for row in range(30)))
    load = Costless()
    check(scores(model_folder(tmp_path), read_unlabelled(str(source)), load), ["the same text here"] * 30)
    assert len(load.texts) < 10


def test_what_is_there_before_the_end_is_a_fair_sample_and_the_rest_is_unknown(tmp_path: Path) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path, 30)

    def stop(seen: int) -> None:
        if seen >= 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scores(model, reviews, Costless(stop))
    assert scores_of(model, reviews) is None
    found = scores_of(model, reviews, partial=True)
    assert found is not None
    done = np.flatnonzero(found.scored)
    assert set(done.tolist()) == set(scoring_sequence(reviews.hashes)[: len(done)].tolist()) and 12 <= len(done) < 30
    assert not np.isnan(found.logits[done]).any() and np.isnan(found.logits[~found.scored]).all()
    assert np.isnan(found.probabilities()[~found.scored]).all()
    state = progress_of(folder_of_all())
    assert (state.done, state.total, state.working) == (len(done), 30, False) and not state.complete


def test_a_kill_at_any_call_loses_nothing_that_was_written_and_doubles_nothing(tmp_path: Path) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path, 9)
    texts = reviews.texts(range(9))
    done_after: list[int] = []
    for number in itertools.count(step=3):
        shutil.rmtree(scores_home(), ignore_errors=True)
        status = in_a_fork(lambda: _work_until(number, model, reviews))  # noqa: B023 (waited for)
        found = scores_of(model, reviews, partial=True)
        done_after.append(0 if found is None else int(found.scored.sum()))
        for row in np.flatnonzero(found.scored).tolist() if found is not None else ():
            assert found is not None and found.tokens[row] == answer(texts[row])[1]
        check(scores(model, reviews), texts)
        assert progress_of(folder_of_all()).complete
        if status == 0:
            assert not folder_of_all().data.exists()
            break
        assert status == -signal.SIGKILL
    assert 0 in done_after and 9 in done_after and len(set(done_after)) > 3


def _work_until(number: int, model: Path, reviews: Any) -> None:
    """Score; end by SIGKILL at call `number` that changes what is on the disk, half of the writes half done."""
    count = itertools.count()
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CALLS}

    def watched(name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if next(count) == number:
                if name == "write" and number % 2:
                    real["write"](given[0], bytes(given[1])[: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real[name](*given, **named)

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    scores(model, reviews)


def test_one_process_computes_and_another_waits_or_leaves_it(tmp_path: Path) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path)
    scores(model, reviews)
    folder = folder_of_all()
    folder.logits.unlink()
    holder = RunLock(folder.lock)
    holder.sign()
    assert score(model, reviews, "pile.csv", load=refuse, wait=False) is None and progress_of(folder).working
    told: list[str] = []

    def progress(what: str, share: float | None) -> None:
        told.append(what)
        if len(told) == 1:
            holder.release()

    check(scores(model, reviews, progress=progress), reviews.texts(range(20)))
    assert told[0] == "classifying, 20 of 20 reviews"


@pytest.mark.parametrize("damage", ["logits.npy", "tokens.npy", "manifest.json"])
def test_damaged_scores_are_computed_again(tmp_path: Path, damage: str) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path)
    scores(model, reviews)
    path = folder_of_all().path / damage
    path.write_bytes(path.read_bytes()[:40])
    check(scores(model, reviews), reviews.texts(range(20)))


def test_while_a_run_trains_it_keeps_off_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = iter([False, False, True, True, True, False, False, False, False])
    devices: list[str] = []
    monkeypatch.setattr(scoring, "is_training", lambda: next(training, False))
    monkeypatch.setattr(scoring, "_has_gpu", lambda: True)

    class Noting(Costless):
        def __call__(self, model: Path, device: str) -> Costless:
            devices.append(device)
            return self

    scores(model_folder(tmp_path), pile(tmp_path), Noting())
    assert devices == ["auto", "cpu", "auto"]


def test_a_full_disk_is_told_and_what_was_computed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, reviews = model_folder(tmp_path), pile(tmp_path, 30)
    real, room = os.write, [6]

    def write(descriptor: int, content: Any) -> int:
        room[0] -= b"data_crc32" in bytes(content)
        if not room[0]:
            raise OSError(28, "No space left on device")
        return real(descriptor, content)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(ReviewtuiError, match="make room on the disk"):
            scores(model, reviews)
    kept = progress_of(folder_of_all()).done
    load = Costless()
    check(scores(model, reviews, load), reviews.texts(range(30)))
    assert kept > 0 and load.seen <= 30 - kept


def test_files_are_private_and_the_manifest_tells_what_they_are_of(tmp_path: Path) -> None:
    os.umask(0)
    scores(model_folder(tmp_path), pile(tmp_path))
    folder = folder_of_all()
    for path in folder.path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    manifest = json.loads(folder.manifest.read_bytes())
    assert manifest["rows"] == 20 and manifest["labels"] == ["negative", "positive"] and manifest["complete"]
    assert manifest["source"] == "pile.csv"
