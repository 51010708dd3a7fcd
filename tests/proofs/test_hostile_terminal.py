"""The whole hostile corpus through the real workbench on a real terminal: not one byte of it steers.

The same keys are pressed on a harmless twin first: what the terminal is sent then is what the workbench itself writes,
and nothing else may come for the hostile place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ROOT
from tests.end_to_end.emitted import KNOWN, raw_among, shapes
from tests.end_to_end.hostile_place import lay_out
from tests.end_to_end.hostile_walk import Walk
from tests.end_to_end.terminal import Terminal
from tests.hostile import CORPUS, SOUND, mark

REVIEWS = 100
"""Walked through on the Classify screen, one at a time."""
pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]


def test_no_byte_of_the_corpus_steers_a_real_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_classifier: Path
) -> None:
    received: dict[bool, bytes] = {}
    seen: set[str] = set()
    frames = 0
    for twin in (True, False):
        root = tmp_path / ("twin" if twin else "hostile")
        monkeypatch.setenv("REVIEWTUI_HOME", str(root / "home"))
        place = lay_out(root, tiny_classifier, CORPUS, twin=twin)

        def look(shown: str, twin: bool = twin) -> None:
            nonlocal frames
            frames += not twin
            if not twin:
                seen.update(text for text in SOUND if text not in seen and mark(text) in shown)

        command = (sys.executable, "-m", "tui", "open", str(place.data))
        terminal = Terminal(
            command, {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}, columns=120, rows=40, cwd=str(place.folder)
        )
        try:
            Walk(terminal, place, look).whole(reviews=20 if twin else REVIEWS)
        finally:
            terminal.close()
        received[twin] = terminal.received
    own, found = shapes(received[True]), shapes(received[False])
    print(
        f"{len(CORPUS)} strings, {len(seen)} of them seen as text on the emulated screen in {frames} frames; "
        f"{len(received[False]):,} bytes with {sum(found.values()):,} sequences of {len(found)} kinds, all among the "
        f"{len(own)} of the harmless twin; {len(raw_among(received[False], CORPUS))} strings written as they are"
    )
    assert set(found) <= set(own), set(found) - set(own)
    assert set(own) <= KNOWN, set(own) - KNOWN
    assert raw_among(received[False], CORPUS) == []
    assert len(seen) > 200
