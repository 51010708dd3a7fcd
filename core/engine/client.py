"""The client of the engine service: starts the process, sends requests and returns their answers as futures.

Requests may be sent from any thread. Answers, progress and failures are delivered on a thread of the client. The
service holds no durable state: if it dies, pending requests fail, and the next request starts a new service.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

from core.base.errors import InputError, ReviewtuiError
from core.base.files import home, open_private, private_folder
from core.base.subprocess_env import child_environment, python_module
from core.engine.reading_progress import CountingProgress
from core.engine.requests import A, EngineRequest, from_result, method_of, to_params

Progress = Callable[[str, float | None], None]
"""Called with a description of the current work and the fraction done, from 0 to 1 (None if unknown)."""
AnyProgress = Progress | CountingProgress
"""A request that counts classes needs the second."""


@dataclass
class _Pending:
    request: EngineRequest[Any]
    future: Future[Any]
    progress: AnyProgress | None
    process: subprocess.Popen[bytes] | None = None
    """The service process that the request was sent to."""


class EngineClient:
    """A connection to one engine service, started at the first request."""

    def __init__(self, log: str = "engine.log") -> None:
        """Args: log: The file in the home that takes what the service and its libraries print."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._pending: dict[int, _Pending] = {}
        self._mutex = threading.Lock()
        self._next = 0

    def request(self, request: EngineRequest[A], progress: AnyProgress | None = None) -> Future[A]:
        """Send a request, and return a future of its answer. If the request fails, the future raises ReviewtuiError."""
        future: Future[A] = Future()
        with self._mutex:
            self._next += 1
            number = self._next
            pending = self._pending[number] = _Pending(request, future, progress)
            try:
                pending.process = self._send({"id": number, "method": method_of(request), "params": to_params(request)})
            except (OSError, ReviewtuiError) as error:
                del self._pending[number]
                future.set_exception(ReviewtuiError(f"The engine could not be started ({error})."))
        future.add_done_callback(lambda done: self._cancel(number) if done.cancelled() else None)
        return future

    def call(self, request: EngineRequest[A], progress: Progress | None = None) -> A:
        """Send a request, wait for its answer and return it.

        Raises:
            ReviewtuiError: The request failed.
        """
        return self.request(request, progress).result()

    def close(self) -> None:
        """Kill the service, even if it is busy."""
        with self._mutex:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _send(self, message: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Send a message to the service and return its process. Start one if there is none, or if it has died."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(BrokenPipeError):
                return _write(self._process, message)
        self._process = _start(self._log)
        threading.Thread(target=self._read, args=(self._process,), name="engine client", daemon=True).start()
        return _write(self._process, message)

    def _cancel(self, number: int) -> None:
        with self._mutex, contextlib.suppress(OSError):
            pending = self._pending.pop(number, None)
            if pending is not None and pending.process is not None and pending.process is self._process:
                _write(self._process, {"cancel": number})

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Deliver every message of the service until it ends, then fail the requests that it has not answered."""
        assert process.stdout is not None and process.stdin is not None
        with process.stdout as lines:
            for line in lines:
                self._deliver(json.loads(line))
        process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        with self._mutex:
            numbers = [number for number, pending in self._pending.items() if pending.process is process]
            unanswered = [self._pending.pop(number) for number in numbers]
        for pending in unanswered:
            if pending.future.set_running_or_notify_cancel():
                pending.future.set_exception(ReviewtuiError(self._exit_message(process.returncode)))

    def _exit_message(self, status: int) -> str:
        reason = f"signal {-status}" if status < 0 else f"status {status}"
        return f"The engine ended ({reason}); see {home() / self._log}. The next request restarts it."

    def _deliver(self, message: dict[str, Any]) -> None:
        """Pass progress to the callback of its request, or an answer or error to its future."""
        number = message["id"]
        if "progress" in message:
            with self._mutex:
                pending = self._pending.get(number)
            if pending is not None and pending.progress is not None:
                said = message["progress"]
                more = [said["classes"]] if "classes" in said else []
                cast(CountingProgress, pending.progress)(said["what"], said["fraction"], *more)
            return
        with self._mutex:
            pending = self._pending.pop(number, None)
        if pending is None or not pending.future.set_running_or_notify_cancel():
            return
        if "error" in message:
            kind = InputError if message["error"]["exit_code"] == InputError.exit_code else ReviewtuiError
            pending.future.set_exception(kind(message["error"]["message"]))
            return
        try:
            answer = from_result(pending.request, message["result"])
        except ValueError as error:
            pending.future.set_exception(ReviewtuiError(f"The engine's answer cannot be read: {error}"))
        else:
            pending.future.set_result(answer)


def _start(name: str) -> subprocess.Popen[bytes]:
    log = open_private(private_folder(home()) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        return subprocess.Popen(
            python_module("core.engine.service"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # so that ctrl+c in the terminal does not reach it
            env=child_environment(),
        )
    finally:
        os.close(log)


def _write(process: subprocess.Popen[bytes], message: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Send a message as one line to a service, and return the service's process."""
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    return process
