"""Whatever ends a process that tokenizes, no half a store is left."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.data.tokenization import tokenize
from core.reviews.reading import Reviews
from tests.core.data.conftest import ROWS, beside, contents

NEVER = "threading.Event().wait()"


def _start(folder: Path, model: Path, second: str) -> subprocess.Popen[str]:
    """A process that tokenizes the reviews in `folder` one by one and does `second` before the second of them.

    It ends when its standard input does.
    """
    script = f"""
import sys, threading
from pathlib import Path
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews
from core.data import token_store
from core.data import tokenization as module
encode, calls, made = module.encode, [], threading.Event()
def held(tokenizer, texts):
    made.wait()
    calls.append(1)
    if len(calls) == 2:
        print("half", flush=True)
        {second}
    return encode(tokenizer, texts)
module.encode, module._CHUNK, token_store._EXIT_SECONDS = held, 1, float(sys.argv[1])
store = module.tokenize_ahead(Reviews(Path({str(folder)!r})), load_tokenizer(Path({str(model)!r}), "x"), ())
made.set()
sys.stdin.readline()
"""
    command = [sys.executable, "-c", script, "60" if second != NEVER else "0.1"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_writer_killed_half_way_leaves_no_store_and_the_next_one_clears_up_after_it(
    reviews: Reviews, tokenizer: Any, tiny_model: Path, direct: list[list[int]]
) -> None:
    with _start(reviews.folder, tiny_model, NEVER) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "half\n"
        (half,) = beside(reviews)
        assert f".{writer.pid}-" in half and half.startswith(".")
        store = tokenize(reviews, tokenizer)  # beside one that lives
        assert half in beside(reviews) and contents(store) == direct
        shutil.rmtree(reviews.folder / next(name for name in beside(reviews) if name != half))
        writer.send_signal(signal.SIGKILL)
    assert beside(reviews) == [half]
    assert contents(tokenize(reviews, tokenizer)) == direct
    (name,) = beside(reviews)
    assert name != half and json.loads((reviews.folder / name / "manifest.json").read_bytes())["reviews"] == ROWS


@pytest.mark.parametrize(("second", "left"), [("store._stopping.wait()", 0), (NEVER, 1)])
def test_a_process_ends_while_the_background_tokenizes(
    second: str, left: int, reviews: Reviews, tiny_model: Path
) -> None:
    """It clears up where the tokenizer returns in time, and ends without where it never does."""
    with _start(reviews.folder, tiny_model, second) as writer:
        assert writer.stdout is not None and writer.stdin is not None and writer.stdout.readline() == "half\n"
        writer.stdin.close()
        assert writer.wait(60) == 0
    assert len(beside(reviews)) == left
