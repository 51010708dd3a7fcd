"""The boundary between engine and screen, looked at in real processes."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import core
from tests.end_to_end.conftest import ROOT, SAMPLES

HEAVY = ("torch", "transformers", "datasets", "pyarrow", "sklearn", "scipy", "numpy", "tokenizers")


def _modules_after(code: str, tmp_path: Path) -> set[str]:
    script = f"{code}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "REVIEWTUI_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
        timeout=120,
        check=True,
    )
    return set(done.stdout.split())


_WALK = """
import asyncio
from tui.app import ReviewTui

async def main():
    app = ReviewTui(data={data!r})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for place in {places!r}:
            app.switch_mode(place)
            await pilot.pause()

asyncio.run(main())
"""


def test_the_ui_process_loads_no_heavy_library_by_its_first_frame(tmp_path: Path) -> None:
    loaded = _modules_after(_WALK.format(data=None, places=[]), tmp_path)
    assert "textual" in loaded
    assert not loaded.intersection(HEAVY)


def test_the_ui_process_loads_no_heavy_library_on_any_screen(tmp_path: Path) -> None:
    places = ["runs", "data", "setup", "train", "classify"]
    loaded = _modules_after(_WALK.format(data=str(SAMPLES / "train.csv"), places=places), tmp_path)
    assert not loaded.intersection(HEAVY)


def test_no_engine_module_loads_the_screen(tmp_path: Path) -> None:
    modules = [found.name for found in pkgutil.walk_packages(core.__path__, "core.")]
    assert len(modules) > 40
    loaded = _modules_after("\n".join(f"import {module}" for module in modules), tmp_path)
    assert "torch" in loaded
    assert not loaded.intersection({"textual", "tui", "plotext"})


_HELP = """
import sys
sys.argv = ["reviewtui", "--help"]
try:
    from tui.commands.main import main
    main()
except SystemExit:
    pass
"""


def test_help_needs_no_screen_and_no_engine(tmp_path: Path) -> None:
    loaded = _modules_after(_HELP, tmp_path)
    assert "typer" in loaded
    assert not loaded.intersection({"textual", "pydantic", "rich", *HEAVY})
