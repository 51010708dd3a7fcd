"""Classify in tests: an engine that answers at once, piles, and keys."""

from __future__ import annotations

import base64
import json
import re
from array import array
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core.base.errors import ReviewtuiError
from core.data.truncation import joined
from core.engine.requests import EngineRequest, from_result, method_of, to_params
from core.runs.folder import RunFolder
from tests.tui.rest import until
from tui.app import ReviewTui
from tui.screens.classify.screen import ClassifyScreen

HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m \u202ebidi [bold]x [/ [@click=app.quit]y \u2028 \x00 👩‍👩‍👧 "
    + "long" * 25_000
)


class FakeEngine:
    """Answers as the engine does, at once, from a list of texts; a method in `held` waits until it is let go."""

    def __init__(self, texts: list[str] | None = None, labels: tuple[str, ...] = ("negative", "positive")) -> None:
        self.texts = texts if texts is not None else [f"review number {row}" for row in range(6)]
        self.labels = labels
        self.held: set[str] = set()
        self.waiting: list[tuple[EngineRequest[Any], Future[Any]]] = []
        self.errors: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.columns: list[dict[str, str]] = []
        """The other columns of each row, if the file has any."""
        self.data_hash = "one"
        self.finds_copies = False
        self.scored = 0
        self.closed = False

    def request(self, request: EngineRequest[Any], progress: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((method_of(request), to_params(request)))
        if method_of(request) in self.held:
            self.waiting.append((request, future))
        else:
            self._answer(request, future)
        return future

    def let_go(self) -> None:
        """Answer what was held."""
        self.held.clear()
        waiting, self.waiting = self.waiting, []
        for request, future in waiting:
            if not future.cancelled():
                self._answer(request, future)

    def close(self) -> None:
        self.closed = True

    def _answer(self, request: EngineRequest[Any], future: Future[Any]) -> None:
        future.set_running_or_notify_cancel()
        method = method_of(request)
        if method in self.errors:
            future.set_exception(ReviewtuiError(self.errors[method]))
        else:
            future.set_result(from_result(request, getattr(self, f"_{method}")(to_params(request))))

    def _rows(self, params: dict[str, Any]) -> Any:
        assert params["without_labels"] and params["limit"] <= 500
        rows = [
            {"row": row, "file": params["source"], "line": row + 2, "text": text, "label": None, "hash": hash_of(text)}
            for row, text in enumerate(self.texts)
        ]
        rows = [one | {"columns": columns} for one, columns in zip(rows, self.columns or [{}] * len(rows), strict=True)]
        if params["at"]:
            rows = [rows[row] for row in params["at"]]
        else:
            rows = rows[params["offset"] : params["offset"] + params["limit"]]
        return {"rows": rows, "total": len(self.texts), "data_hash": self.data_hash}

    def _find_copies(self, params: dict[str, Any]) -> Any:
        """Texts are copies if they are the same but for case and full stops."""
        if not self.finds_copies:
            return {"rows": []}
        kinds = [text.casefold().rstrip(".") for text in self.texts]
        same = [row for row, kind in enumerate(kinds) if kind == kinds[params["row"]] and row != params["row"]]
        return {"rows": same}

    def _arrange(self, params: dict[str, Any]) -> Any:
        """Backwards by row, the one in view first; with a filter, the rows with these words as they come."""
        rows = list(range(len(self.texts)))
        if params["query"]:
            rows = [row for row in rows if params["query"] in self.texts[row]]
        else:
            first = [params["current"]] if params["current"] is not None else []
            rows = first + [row for row in reversed(rows) if row not in first]
        places = [rows.index(row) if row in rows else -1 for row in range(len(self.texts))]
        audits = bytes(row % 4 == 3 and not params["query"] for row in range(len(self.texts)))
        numbers = {"rows": array("i", rows), "places": array("i", places)}
        encoded = {name: base64.b64encode(value.tobytes()).decode() for name, value in numbers.items()}
        more = {"audits": base64.b64encode(audits).decode(), "scored": self.scored, "data_hash": self.data_hash}
        return encoded | more

    def _count(self, params: dict[str, Any]) -> Any:
        found = sum(params["query"] in text for text in self.texts)
        return {"rows": found, "undecided": found, "total": len(self.texts), "scored": None}

    def _load(self, params: dict[str, Any]) -> Any:
        return {"labels": list(self.labels), "max_length": 128}

    def _find_tokens(self, params: dict[str, Any]) -> Any:
        """Every character is a token; emoji are unknown."""
        return {"reviews": [self._places(text) for text in params["texts"]]}

    def _places(self, text: str) -> dict[str, Any]:
        starts = range(len(text))
        unknown = [(at, at + 1) for at, character in enumerate(text) if character > "\U0001f000"]
        return {
            "count": len(text), "special": 0, "first": list(starts[:8192]), "last": list(starts[-8192:]),
            "unknown": joined(unknown, text), "unknown_count": len(unknown),
        }  # fmt: skip

    def _classify(self, params: dict[str, Any]) -> Any:
        share = (1 - 0.75) / max(len(self.labels) - 1, 1)
        others = dict.fromkeys(self.labels, share)
        found = [
            {
                "text": text, "label": self.labels[-1], "probability": 0.75,
                "probabilities": others | {self.labels[-1]: 0.75}, "tokens": len(text), "truncated": len(text) > 128,
            }
            for text in params["texts"]
        ]  # fmt: skip
        return {"classifications": found}

    def _explain(self, params: dict[str, Any]) -> Any:
        """`great` speaks for the label, `broken` against it; what is in capitals flips it."""
        text, label = params["text"], self.labels[-1]
        changes = {"great": 0.33, "broken": -0.12, "FLIPS": 0.5}
        parts = [
            {
                "text": match[0], "start": match.start(), "end": match.end(), "unit": "word",
                "change": changes.get(match[0], 0.001), "deleted": 0.02 if match[0] == "great" else None,
                "label": self.labels[0] if match[0] == "FLIPS" else label,
            }
            for match in re.finditer(r"\w+", text)
        ]  # fmt: skip
        decided = any(part["change"] > 0.05 for part in parts)
        found = {
            "label": label, "probability": 0.75, "unit": "word", "parts": parts,
            "note": "" if decided else "No single word decides this.",
            "not_read": [128, len(text)] if len(text) > 128 else None,
            "reliability": {"words": 2, "change": 0.4, "random": [0.01, 0.03]},
        }  # fmt: skip
        return {"explanation": found}

    def _classify_by_each(self, params: dict[str, Any]) -> Any:
        """The longer a text, and the later the model, the less probable is the last label."""
        answers = []
        for number, _ in enumerate(params["folders"]):
            found = []
            for text in params["texts"]:
                share = round(max(0.9 - number / 10 - len(text) / 100, 0.05), 4)
                label = self.labels[-1] if share >= 0.5 else self.labels[0]
                shares = {self.labels[0]: 1 - share, self.labels[-1]: share}
                found.append(
                    {
                        "text": text, "label": label, "probability": shares[label], "probabilities": shares,
                        "tokens": len(text), "truncated": False,
                    }
                )  # fmt: skip
            answers.append({"classifications": found})
        return {"answers": answers}


def hash_of(text: str) -> str:
    from core.reviews.hashing import text_digest

    return text_digest(text.replace("\ud800", "")).hex()


def make_run(home: Path, number: str, name: str, labels: tuple[str, ...] = ("negative", "positive")) -> RunFolder:
    folder = RunFolder(home / "runs" / number)
    folder.model.mkdir(parents=True)
    folder.settings.write_text(f'name = {json.dumps(name)}\ndata = "x.csv"\n')
    (folder.model / "config.json").write_text(json.dumps({"id2label": dict(enumerate(labels))}))
    return folder


async def settled(pilot: Pilot[None]) -> ClassifyScreen:
    """The screen, once nothing is under way but what a dialog or a held answer waits for."""
    await pilot.pause()
    while busy := {worker.group for worker in pilot.app.workers if not worker.is_finished} - {"dialog"}:
        if busy == {"decide"} and len(pilot.app.screen_stack) > 1:
            break  # a decision that waits for an answer
        if pilot.app.engine.waiting:  # type: ignore[attr-defined]
            break
        await pilot.pause()
    await pilot.pause()
    found = pilot.app.screen_stack[0]
    return found  # type: ignore[return-value]


async def press(pilot: Pilot[None], *keys: str) -> ClassifyScreen:
    screen = await settled(pilot)
    for key in keys:
        await pilot.press(key)
        screen = await settled(pilot)
    return screen


def bench(engine: FakeEngine, pile: str | None = None, run: RunFolder | None = None) -> ReviewTui:
    app = ReviewTui(engine=engine, pile=pile, run=run)  # type: ignore[arg-type]
    if pile is None:
        app._first = "classify"
    return app


def verdicts(screen: ClassifyScreen) -> list[tuple[int, str, bool | None]]:
    """Row, label or state, and whether it agrees with the prediction."""
    assert screen.pile is not None
    found = screen.pile.history.verdicts()
    return [(one.row, one.verdict if one.labelled else one.state, one.agreed) for one in found]


async def shows(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    await until(pilot, condition)
