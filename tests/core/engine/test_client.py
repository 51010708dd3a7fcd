"""The client of the engine service: answers, errors, and a service that dies."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.engine.client import EngineClient
from core.engine.data_requests import Inspect, Rows
from core.engine.requests import Doctor, EngineRequest


class Explode(EngineRequest[None], frozen=True):
    """What no engine knows."""


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient()
    yield client
    client.close()


def test_a_client_starts_its_service_at_the_first_request_and_hands_out_answers(
    client: EngineClient, reviews: Path
) -> None:
    heard: list[tuple[str, float | None]] = []
    assert client.call(Inspect(source=str(reviews)), lambda what, share: heard.append((what, share))).report.kept == 40
    assert heard and heard[-1] == ("reading, 40 rows so far", 1.0)
    futures = [client.request(Rows(source=str(reviews), offset=n, limit=1)) for n in range(10)]
    assert [future.result(30).rows[0].row for future in futures] == list(range(10))


def test_errors_come_back_as_the_kind_they_were(client: EngineClient) -> None:
    with pytest.raises(InputError, match="absent"):
        client.call(Inspect(source="/absent.csv"))
    future = client.request(Explode())
    assert type(future.exception(30)) is InputError


def test_many_threads_may_ask_at_once(client: EngineClient, reviews: Path) -> None:
    found: list[int] = []

    def ask(number: int) -> None:
        page = client.call(Rows(source=str(reviews), offset=number, limit=1))
        found.append(page.rows[0].row - number)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert found == [0] * 8


def test_a_killed_service_fails_what_was_pending_in_words_and_the_next_request_starts_another(
    client: EngineClient, reviews: Path
) -> None:
    assert client.call(Inspect(source=str(reviews))).report.kept == 40
    for at_once in (False, True, True):
        assert client._process is not None
        pid = client._process.pid
        pending = [client.request(Doctor()), client.request(Doctor())]
        os.kill(pid, signal.SIGKILL)
        if not at_once:
            for future in pending:
                assert isinstance(future.exception(30), ReviewtuiError)
        again = client.request(Inspect(source=str(reviews)))  # at once: before anybody noticed
        for future in pending:
            error = future.exception(30)
            assert isinstance(error, ReviewtuiError) and "The engine ended (signal 9)" in str(error)
            assert str(error).endswith("The next request restarts it.")
        if not at_once or not isinstance(again.exception(30), ReviewtuiError):
            assert again.result(30).report.kept == 40
        assert client.call(Inspect(source=str(reviews))).report.kept == 40
        assert client._process.pid != pid


def test_what_was_pending_fails_also_where_the_next_request_is_faster_than_the_news_of_the_death(
    client: EngineClient, reviews: Path, until: Callable[..., Any]
) -> None:
    pending = client.request(Doctor())
    process, told = client._process, threading.Event()
    assert process is not None
    wait = process.wait

    def late(*arguments: Any) -> int:  # the client's reader waits here once the pipe has closed
        told.wait(60)
        return wait(*arguments)

    process.wait = late  # type: ignore[method-assign]
    process.kill()
    until(lambda: process.poll() is not None)
    assert client.call(Inspect(source=str(reviews))).report.kept == 40
    assert not pending.done()
    told.set()
    assert isinstance(pending.exception(30), ReviewtuiError)


def test_a_cancelled_future_is_cancelled_and_starts_nothing(client: EngineClient, reviews: Path) -> None:
    future = client.request(Doctor())
    assert future.cancel()
    with pytest.raises(CancelledError):
        future.result(1)
    assert client.call(Inspect(source=str(reviews))).report.kept == 40
    assert client._process is not None
    future = client.request(Doctor())
    client._process.kill()
    client._process.wait()
    dead = client._process
    future.cancel()
    assert client._process is dead


def test_closing_a_client_ends_its_service_and_fails_what_was_pending(client: EngineClient, reviews: Path) -> None:
    client.close()
    client.call(Inspect(source=str(reviews)))
    assert client._process is not None
    process, future = client._process, client.request(Doctor())
    client.close()
    assert process.poll() is not None
    assert isinstance(future.exception(30), ReviewtuiError)
    assert client.call(Inspect(source=str(reviews))).report.kept == 40


def test_a_service_that_cannot_be_started_is_a_sentence(
    client: EngineClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.touch()
    with pytest.raises(ReviewtuiError, match="The engine could not be started"):
        client.call(Inspect(source=""))
    home.unlink()
    monkeypatch.setattr(sys, "executable", "/absent/python")
    with pytest.raises(ReviewtuiError, match="The engine could not be started"):
        client.call(Inspect(source=""))
