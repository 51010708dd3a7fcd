"""An engine for the Data and Setup screens: answers at once from what a test put in, or holds answers back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from core.base.errors import InputError
from core.comparison.foresight import Foresight
from core.data.length_report import LengthReport
from core.engine.data_requests import Inspection
from core.engine.requests import EngineRequest, from_result, method_of, to_params, to_result
from core.forecast.facts import Calibration, Facts
from core.planning.model_shape import shape_of
from core.reviews.report import ReadingReport
from tests.tui import rest

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\u202ebidi\u2066 [bold]x[/ [@click=app.quit]y\u2028\x00"
STEERING = {*map(chr, range(0x0A)), *map(chr, range(0x0B, 0x20)), *map(chr, range(0x7F, 0xA0)), *"\u202a\u202b\u202c"}
STEERING |= {*"\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"}


def column(name: str, kind: str = "text", examples: tuple[str, ...] = ("one", "two")) -> dict[str, Any]:
    return {"name": name, "kind": kind, "filled": 40, "distinct": 40, "examples": list(examples)}


def report(**changes: Any) -> ReadingReport:
    """What was found in fifty reviews, two of them left out."""
    found = {
        "source": "/data/reviews.csv", "files": ["/data/reviews.csv"], "format": "csv", "encoding": "utf-8",
        "delimiter": ",", "header": True,
        "columns": [column("review"), column("summary"), column("rating", "number", ("1", "5")), column("verdict")],
        "text_column": "review", "title_column": "summary", "label_column": "rating", "scheme": "stars_binary",
        "label_names": ["negative", "positive"], "class_counts": {"negative": 20, "positive": 28},
        "rows": 50, "kept": 48, "left_out": {"empty text": 2},
        "skipped": [{"file": "/data/reviews.csv", "line": 7, "reason": "empty text", "excerpt": "2024-01-01,,5"}],
        "skipped_file": "/home/data/skipped.jsonl",
        "duplicates": {"rows": 3, "groups": 2, "conflicting": 1}, "data_hash": "00",
        "notices": ["One column has no name."], "schemes": ["stars_binary", "stars", "as_is"],
        "meaning": "1–2 negative, 4–5 positive, 3 left out (on a scale of 1–5)",
        "candidates": {
            "label": [{"column": "rating", "why": "named like a rating"}, {"column": "verdict", "why": "yes or no"}]
        },
        "examples": {
            "negative": {"raw": "1", "excerpt": "Broke after a day.", "file": "/data/reviews.csv", "line": 3},
            "positive": {"raw": "5", "excerpt": "A fine lamp.", "file": "/data/reviews.csv", "line": 2},
        },
    }  # fmt: skip
    return ReadingReport.model_validate(found | changes)


def inspection(trainable: str = "", **changes: Any) -> Inspection:
    """What `inspect` answers for those reviews."""
    return Inspection(report=report(**changes), trainable=trainable)


_NOTHING_ALIKE = {"alike": 0, "alike_labelled_differently": 0, "examples": []}


def lengths(
    classes: tuple[str, ...] = ("negative", "positive"), model: str = "starter", unknown: dict[str, Any] | None = None
) -> LengthReport:
    padding = {"batch_size": 16, "to_longest": 0.8, "random": 0.5, "by_length": 0.1}
    table = [[20, 12], [45, 20], [90, 10], [300, 6]]
    none = {"tokens": 0.0, "reviews": 0, "only": 0}
    limits = [
        {
            "max_length": limit,
            "padding": padding,
            "reviews_cut": cut,
            "tokens_lost": cut / 100,
            "by_class": {name: {"reviews_cut": cut // 2, "tokens_lost": 0.1} for name in classes},
        }
        for limit, cut in ((32, 40), (64, 20), (128, 8), (256, 2), (512, 0))
    ]
    found = {
        "model": model, "reviews": 48, "sampled": 48, "mean": 60.0, "max": 300, "p50": 45, "p90": 90, "p95": 120,
        "p99": 280, "limits": limits, "padding": padding, "table": table, "distinct": 700,
        "special": 2, "counts": table, "class_counts": dict.fromkeys(classes, table), "long_rows": [7, 3, 5],
        "unknown": unknown or none | {"by_class": dict.fromkeys(classes, none)} | _NOTHING_ALIKE,
    }  # fmt: skip
    return msgspec.convert(found, LengthReport)


def facts(**changes: Any) -> dict[str, Any]:
    """What `facts` answers for the starter: every way to compute a run was measured, 16 GiB are free."""
    config = {
        "model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
        "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
        "hidden_dropout_prob": 0.1,
    }  # fmt: skip
    measured = Calibration(rest_bytes=400 << 20, rate=2e11, overhead=0.01, forward_rate=2e11, update=1.2e-10, start=6.0)
    native = [f"native {precision}{head}" for precision in ("fp32", "bf16") for head in ("", " head")]
    loras = [f"transformers {precision} lora{more}" for precision in ("fp32", "bf16") for more in ("", " recompute")]
    found = Facts(
        model="starter",
        shape=shape_of(config, 2),
        limit=512,
        reviews=48,
        table=[(20, 12), (45, 20), (90, 10), (300, 6)],
        distinct=700,
        auto_precision="bf16",
        budgets={"fp32": 2048, "bf16": 2048},
        calibrations=dict.fromkeys([*native, *loras, "transformers fp16"], measured),
        free_bytes=16 << 30,
    )
    return found.model_copy(update=changes).model_dump(mode="json")


def foresight(**changes: Any) -> Foresight:
    """What `foresee` answers."""
    found = Foresight(
        rows=128, accuracy=0.9, accuracy_of="", discordant=0.072, smallest_visible=0.061, spread=0.01, spread_of=""
    )
    return msgspec.structs.replace(found, **changes)


_GROUPS = {"lens", "speed", "judge", "inspect", "rows", "measure", "shows", "listing", "taking", "start"}


class FakeEngine:
    """`answers` maps a method to its result, to an error, or to a function of the parameters."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "inspect": inspection(),
            "lengths": lengths(),
            "facts": facts(),
            "rows": self._rows,
            "prepare": None,
            "glance": {"report": None},
            "foresee": foresight(),
            "find_tokens": self._find_tokens,
        } | answers
        self.text, self.label = "A fine chair.", "positive"
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.held: set[str] = set()
        self.futures: list[tuple[EngineRequest[Any], Future[Any]]] = []
        self.progress: Any = None

    def request(self, request: EngineRequest[Any], progress: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        method, params = method_of(request), to_params(request)
        self.asked.append((method, params))
        self.futures.append((request, future))
        self.progress = progress
        if method not in self.held:
            self._answer(request, future)
        return future

    def close(self) -> None: ...

    def let_go(self) -> None:
        """Answer everything that was held and is still wanted."""
        self.held.clear()
        for request, future in self.futures:
            if not future.done():
                self._answer(request, future)

    def of(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every request for `method`."""
        return [params for asked, params in self.asked if asked == method]

    def _answer(self, request: EngineRequest[Any], future: Future[Any]) -> None:
        future.set_running_or_notify_cancel()
        try:
            answer = self.answers[method_of(request)]
            answer = answer(to_params(request)) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            future.set_result(from_result(request, to_result(answer)))
        except InputError as error:
            future.set_exception(error)

    def _find_tokens(self, params: dict[str, Any]) -> Any:
        """Every character is a token."""
        return {
            "reviews": [
                {"count": len(text), "special": 2, "first": [*range(len(text))], "last": [*range(len(text))]}
                for text in params["texts"]
            ]
        }

    def _rows(self, params: dict[str, Any]) -> Any:
        start, total = params["offset"], self.answers["inspect"].report.kept
        rows = [
            {
                "row": row,
                "file": "/data/reviews.csv",
                "line": row + 2,
                "text": f"{self.text} {row}",
                "label": self.label,
                "hash": f"{row:016x}",
            }
            for row in range(start, min(start + params["limit"], total))
        ]
        return {"rows": rows, "total": total, "data_hash": "00"}


async def settle(pilot: Pilot[None]) -> None:
    """Until no worker of the two screens is at work and every message is handled."""
    for _ in range(4):
        at_work = [worker for worker in pilot.app.workers if worker.group in _GROUPS]
        if at_work:
            with contextlib.suppress(WorkerCancelled):
                await pilot.app.workers.wait_for_complete(at_work)
        await pilot.pause()


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Handle messages until `condition` holds; fails where it never does."""
    await rest.until(pilot, condition)
