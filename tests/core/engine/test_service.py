"""The engine service and its client, as real processes: every request is answered once, whatever happens to either."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from core.runs.folder import RunFolder, create_run
from core.runs.request import Request

SCRIPTED = """
import itertools, os, sys, time
from core.engine import methods, service
from core.base.errors import InputError, ReviewtuiError
from core.engine.requests import EngineRequest

class Noisy(EngineRequest[str], frozen=True):
    pass

class Endless(EngineRequest[str], frozen=True):
    pass

class Wrong(EngineRequest[str], frozen=True, kw_only=True):
    kind: str

class Unsayable(EngineRequest[str], frozen=True):
    pass

class Surrogate(EngineRequest[str], frozen=True, kw_only=True):
    text: str

def noisy(request, progress):
    print("printed by a library", flush=True)
    os.write(1, b'{"id": 1, "result": "forged"}\\n')
    os.system("echo from a child")
    progress("working", 0.5)
    return "clean"

def endless(request, progress):
    for count in itertools.count():
        progress("counting", None if count == 0 else count % 100 / 100)
        time.sleep(0.001)

def wrong(request, progress):
    kinds = {"input": InputError, "failed": ReviewtuiError, "memory": MemoryError, "other": KeyError}
    raise kinds[request.kind]("so")

def unsayable(request, progress):
    return object()

def surrogate(request, progress):
    return request.text + "\\u2028"

requests = (Noisy, Endless, Wrong, Unsayable, Surrogate)
methods.METHODS.update(zip(requests, (noisy, endless, wrong, unsayable, surrogate)))
service.main()
"""


class Pipe:
    """A service of one's own, spoken to in lines."""

    def __init__(self, home: Path, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "REVIEWTUI_HOME": str(home)},
        )
        self._number = 0

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, method: str, **params: Any) -> int:
        self._number += 1
        self.send(json.dumps({"id": self._number, "method": method, "params": params}).encode())
        return self._number

    def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def answer(self, method: str, **params: Any) -> dict[str, Any]:
        """The last word on a request; progress on the way must be well-formed."""
        number = self.ask(method, **params)
        while True:
            message = self.next()
            assert message["id"] == number
            if "progress" not in message:
                return message
            assert message["progress"]["what"] and (message["progress"]["fraction"] or 0) <= 1

    def close(self) -> str:
        """End it by closing its pipe; returns what it printed to standard error."""
        _, printed = self.process.communicate(timeout=30)
        return printed.decode()


@pytest.fixture(scope="module")
def service(place: Path) -> Iterator[Pipe]:
    pipe = Pipe(place / "home", "-m", "core.engine.service")
    yield pipe
    pipe.close()
    assert pipe.process.returncode == 0


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Pipe]:
    """A service that also knows methods which misbehave."""
    pipe = Pipe(tmp_path / "home", "-c", SCRIPTED)
    yield pipe
    pipe.process.kill()
    pipe.process.wait()
    for stream in (pipe.process.stdin, pipe.process.stdout, pipe.process.stderr):
        with suppress(BrokenPipeError):
            stream.close()  # type: ignore[union-attr]


@pytest.fixture
def run(reviews: Path, tiny_classifier: Path) -> RunFolder:
    """A run that is over, with a model."""
    made = create_run(Request(name="chairs", data=str(reviews)))
    shutil.copytree(tiny_classifier, made.model)
    return made


def test_inspect_and_rows_tell_what_a_file_holds(service: Pipe, reviews: Path) -> None:
    found = service.answer("inspect", source=str(reviews))["result"]
    report = found["report"]
    assert (report["kept"], report["text_column"], report["label_column"]) == (40, "review", "label")
    assert found["trainable"] == ""
    page = service.answer("rows", source=str(reviews), offset=38, limit=10)["result"]
    assert [row["row"] for row in page["rows"]] == [38, 39] and page["total"] == 40
    assert {row["label"] for row in page["rows"]} == {"positive", "negative"}
    assert service.answer("rows", source=str(reviews), offset=99)["result"]["rows"] == []


def test_classify_answers_for_each_text_in_order(service: Pipe, tiny_classifier: Path) -> None:
    texts = ["great lamp", "broken " * 60, "", "naïve \ud800 \x1b[2J\u2028"]
    answers = service.answer("classify", folder=str(tiny_classifier), texts=texts)["result"]["classifications"]
    assert [answer["text"] for answer in answers] == texts
    for answer in answers:
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert [answer["truncated"] for answer in answers] == [False, True, False, False]
    assert answers[0]["tokens"] == 4
    loaded = service.answer("load", folder=str(tiny_classifier))["result"]
    assert loaded == {"labels": ["negative", "positive"], "max_length": 32, "truncation": "head"}


def test_evaluate_gives_what_scripts_rely_on(service: Pipe, run: RunFolder, reviews: Path) -> None:
    found = service.answer("evaluate", run=str(run.path), source=str(reviews))["result"]
    assert {"accuracy", "macro_f1", "loss", "rows", "per_class", "confusion", "ece", "ece_null_95"} <= found.keys()
    assert found["rows"] == 40 == sum(map(sum, found["confusion"])) and found["labels"] == ["negative", "positive"]


def test_a_file_is_classified_over_the_pipe(
    service: Pipe, reviews: Path, tiny_classifier: Path, tmp_path: Path
) -> None:
    found = service.answer(
        "classify_file", folder=str(tiny_classifier), source=str(reviews), output=str(tmp_path / "out.jsonl")
    )["result"]
    assert found["rows"] == 40 == len((tmp_path / "out.jsonl").read_text().splitlines())


def test_lengths_and_prepare_know_a_model_and_its_data(service: Pipe, reviews: Path, tiny_model: Path) -> None:
    found = service.answer("lengths", source=str(reviews), model=str(tiny_model), batch_size=8)["result"]
    assert (found["reviews"], found["sampled"]) == (40, 40)
    cut = [limit["reviews_cut"] for limit in found["limits"]]
    assert cut == sorted(cut, reverse=True) and cut[-1] == 0
    padding = found["padding"]
    assert 0 <= padding["by_length"] <= padding["random"] <= padding["to_longest"] < 1
    request = Request(name="x", data=str(reviews)).model_copy()
    asked = {**request.model_dump(mode="json"), "settings": {"model": str(tiny_model)}}
    assert service.answer("prepare", request=asked)["result"] is None


@pytest.mark.parametrize(
    ("method", "params", "status", "words"),
    [
        ("inspect", {"source": "/absent.csv"}, 2, "absent.csv"),
        ("rows", {"source": ""}, 2, "No data given"),
        ("evaluate", {"run": "/absent", "source": "x.csv"}, 2, "This run has no model yet"),
        ("classify", {"folder": "/absent", "texts": ["x"]}, 2, "no model"),
        ("explode", {}, 2, "The engine has no request 'explode'"),
        ("rows", {"source": "x.csv", "limit": -1}, 2, "invalid parameters"),
        ("rows", {}, 2, "invalid parameters"),
    ],
)
def test_an_error_is_a_sentence_with_an_exit_status(
    service: Pipe, method: str, params: dict[str, Any], status: int, words: str
) -> None:
    error = service.answer(method, **params)["error"]
    assert error["exit_code"] == status and words in error["message"] and "\n" not in error["message"]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [("input", 2, "so"), ("failed", 1, "so"), ("memory", 1, "Out of memory: close"), ("other", 1, "KeyError")],
)
def test_whatever_a_method_raises_is_an_answer(scripted: Pipe, kind: str, status: int, words: str) -> None:
    error = scripted.answer("wrong", kind=kind)["error"]
    assert error["exit_code"] == status and words in error["message"]
    assert scripted.answer("noisy")["result"] == "clean"


def test_what_libraries_print_never_corrupts_the_answers(scripted: Pipe) -> None:
    assert scripted.answer("noisy") == {"id": 1, "result": "clean"}
    assert "error" in scripted.answer("unsayable")
    assert scripted.answer("surrogate", text="\ud800\n")["result"] == "\ud800\n\u2028"
    printed = scripted.close()
    assert all(words in printed for words in ("printed by a library", "forged", "from a child"))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"3", b"null", b'{"id": 1}', b'{"id": 1, "method": "x"}', b"\xff"])
def test_a_line_that_is_no_request_is_answered_and_the_service_goes_on(scripted: Pipe, line: bytes) -> None:
    scripted.send(line)
    assert scripted.next() == {
        "id": None,
        "error": {"message": "The engine was sent an invalid request.", "exit_code": 1},
    }
    assert scripted.answer("noisy")["result"] == "clean"


def test_a_cancelled_request_ends_and_the_next_is_worked_on(scripted: Pipe) -> None:
    first, second, third = scripted.ask("endless"), scripted.ask("endless"), scripted.ask("noisy")
    assert scripted.next()["id"] == first
    for number in (second, first):
        scripted.send(json.dumps({"cancel": number}).encode())
    while (message := scripted.next())["id"] == first:
        assert "progress" in message
    assert message["id"] == third and message["progress"]["fraction"] == 0.5
    assert scripted.next() == {"id": third, "result": "clean"}


def test_a_cancelled_explanation_ends_within_a_batch_and_the_next_request_is_answered(
    service: Pipe, tiny_classifier: Path
) -> None:
    texts = ["the lamp broke after two weeks of use and it was returned"] * 3_000
    explained = service.ask("classify", folder=str(tiny_classifier), texts=texts, explain=True)
    while (message := service.next())["progress"]["what"] != "explaining":
        assert message["id"] == explained
    service.send(json.dumps({"cancel": explained}).encode())
    following = service.ask("load", folder=str(tiny_classifier))
    while (message := service.next())["id"] == explained:
        assert message["progress"]["fraction"] < 0.9, "it was not cancelled"
    assert message["id"] == following and message["result"]["labels"] == ["negative", "positive"]


def test_one_text_is_explained_with_what_a_screen_shows(service: Pipe, tiny_classifier: Path) -> None:
    text = "the lamp broke after two weeks"
    found = service.answer("explain", folder=str(tiny_classifier), text=text)["result"]["explanation"]
    assert [part["text"] for part in found["parts"]] == text.split() and found["unit"] == "word"
    assert all(part["label"] in ("negative", "positive") and part["unit"] == "word" for part in found["parts"])
    whole = service.answer("classify", folder=str(tiny_classifier), texts=[text])["result"]["classifications"][0]
    assert (found["label"], found["probability"]) == (whole["label"], pytest.approx(whole["probability"]))


def test_several_models_answer_about_the_same_texts_and_only_the_last_is_kept_after_them(
    tiny_classifier: Path, tmp_path: Path
) -> None:
    from core.engine import loaded_models
    from core.engine.model_methods import classify_by_each, load
    from core.engine.requests import ClassifyByEach, Load

    other = tmp_path / "other"
    shutil.copytree(tiny_classifier, other)
    folders = (str(tiny_classifier), str(other))
    heard: list[str] = []
    for _ in range(2):
        found = classify_by_each(
            ClassifyByEach(folders=folders, texts=("great lamp", "broken")), lambda what, share: heard.append(what)
        )
        one, another = found.answers
        assert [answer.text for answer in one.classifications] == ["great lamp", "broken"] and one == another
    assert heard.count("loading the model") == 2, "both stay in memory"
    load(Load(folder=str(other)), lambda what, share: heard.append(what))
    assert heard.count("loading the model") == 2
    assert [key[0] for key in loaded_models._loaded] == [str(other)]


def test_the_service_is_gone_when_its_pipe_closes_even_in_the_midst_of_work(scripted: Pipe) -> None:
    scripted.ask("endless")
    scripted.next()
    assert scripted.process.stdin is not None
    scripted.process.stdin.close()
    assert scripted.process.wait(timeout=30) == 0


def test_a_service_whose_reader_is_gone_ends_quietly(scripted: Pipe) -> None:
    scripted.ask("endless")
    scripted.next()
    assert scripted.process.stdout is not None and scripted.process.stderr is not None
    scripted.process.stdout.close()
    assert scripted.process.wait(timeout=30) == 0
    assert b"Traceback" not in scripted.process.stderr.read()


# The client


def test_the_service_gives_way_to_workers(scripted: Pipe) -> None:
    assert scripted.answer("noisy")["result"] == "clean"
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, scripted.process.pid) == max(own, 5)


def test_it_computes_with_fewer_threads_while_a_run_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from core.engine import loaded_models
    from core.runs import active

    before = torch.get_num_threads()
    monkeypatch.setattr(loaded_models, "_threads", lambda: 4)
    try:
        for training, threads in ((True, 2), (False, 4), (True, 2)):
            monkeypatch.setattr(active, "is_training", lambda training=training: training)
            loaded_models.share_processors()
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
