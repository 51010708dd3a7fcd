"""The engine service: `python -m core.engine.service`, one per UI or command, gone when its pipe closes.

A request is one line `{"id": 1, "method": "inspect", "params": {…}}`. Answers are lines with the same id:
`{"progress": {"what": "reading", "fraction": 0.4}}` any number of times, then `{"result": …}` or
`{"error": {"message": "…", "exit_code": 2}}`. Progress has `classes`, too, if the request asks for it. `{"cancel": 1}`
ends a request at its next progress. Requests are worked on one after the other. Requests and answers are declared in
`core/engine/requests.py` and `data_requests.py`.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import IO, Any

from core.base.errors import InputError, ReviewtuiError
from core.base.priority import lower_process_priority
from core.base.text import clean
from core.engine.methods import method_named
from core.engine.reading_progress import CountingProgress
from core.engine.requests import EngineRequest, from_params, to_result

_PROGRESS_STEP = 0.01
_NICENESS = 5
"""Beside a training worker on the same processor, the service gets a quarter of its time, not half."""


class RequestCancelledError(Exception):
    """Raised when the client has cancelled the request."""


class Service:
    """Reads requests from `source`, answers on `target`."""

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._source, self._target = source, target
        self._requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._mutex = threading.Lock()

    def run(self) -> None:
        """Answer until the source closes."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        while (request := self._requests.get()) is not None:
            if request["id"] not in self._cancelled:
                self._answer(request)

    def _listen(self) -> None:
        for line in self._source:
            try:
                message = json.loads(line)
                if "cancel" in message:
                    self._cancelled.add(message["cancel"])
                else:
                    self._requests.put({key: message[key] for key in ("id", "method", "params")})
            except (ValueError, TypeError, KeyError):
                self._say(None, error={"message": "The engine was sent an invalid request.", "exit_code": 1})
        os._exit(0)  # the client is gone: drop everything at once

    def _answer(self, request: dict[str, Any]) -> None:
        number = request["id"]
        try:
            kind, method = method_named(request["method"])
            answer = method(_typed(kind, request["params"]), self._progress(number))
            self._say(number, result=to_result(answer))
        except RequestCancelledError:
            pass
        except BrokenPipeError:  # the client is gone
            raise
        except ReviewtuiError as error:
            self._say(number, error={"message": str(error), "exit_code": error.exit_code})
        except Exception as error:
            print(clean(traceback.format_exc()), file=sys.stderr)
            message = f"An unforeseen {type(error).__name__}: {error}"
            if isinstance(error, MemoryError) or "allocate memory" in str(error):
                message = "Out of memory: close other programs, or take a smaller model or fewer reviews."
            self._say(number, error={"message": message, "exit_code": ReviewtuiError.exit_code})

    def _progress(self, number: int) -> CountingProgress:
        last: tuple[str, float] = ("", -1.0)

        def progress(what: str, fraction: float | None, classes: Mapping[str, int] | None = None) -> None:
            nonlocal last
            if number in self._cancelled:
                raise RequestCancelledError
            share = -1.0 if fraction is None else fraction
            if what != last[0] or share - last[1] >= _PROGRESS_STEP or share == 1.0 != last[1]:
                last = (what, share)
                more = {} if classes is None else {"classes": dict(classes)}
                self._say(number, progress={"what": what, "fraction": fraction, **more})

        return progress

    def _say(self, number: int | None, **what: Any) -> None:
        line = json.dumps({"id": number, **what}).encode() + b"\n"
        with self._mutex:
            self._target.write(line)
            self._target.flush()


def _typed(kind: type[EngineRequest[Any]], params: dict[str, Any]) -> EngineRequest[Any]:
    try:
        return from_params(kind, params)
    except ValueError as error:
        raise InputError(f"The engine received a request with invalid parameters: {error}") from error


def main() -> None:
    """Serve on standard input and output. What libraries print goes to standard error, never into the answers."""
    lower_process_priority(_NICENESS)
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.umask(0o077)
    try:
        Service(sys.stdin.buffer, target).run()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
