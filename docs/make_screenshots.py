"""Exports the README's screenshots from a real run on the sample reviews: `make screenshots` (some minutes).

Nothing is drawn by hand: the run is trained by the worker, the screens are the workbench's own, and each SVG is what
the app itself exports. A home with a finished run can be named to skip the training.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).with_name("screenshots")
SIZE = (110, 34)


async def export(run_id: str) -> None:
    """Open the workbench on the run and export its screens."""
    from core.runs.folder import find_run
    from tui.app import ReviewTui

    app = ReviewTui(run=find_run(run_id), pile=str(ROOT / "sample_reviews" / "inbox.csv"))
    async with app.run_test(size=SIZE) as pilot:
        for place, sign in (("train", "Classify with it"), ("classify", "The model says")):
            app.switch_mode(place)
            for _ in range(600):  # until the screen shows what it asked the engine and the run's folder for
                await pilot.pause(0.1)
                if sign in app.export_screenshot().replace("&#160;", " "):
                    break
            await pilot.pause(1.0)  # what is drawn after it, such as the end of the log
            (FOLDER / f"{place}.svg").write_text(app.export_screenshot(), encoding="utf-8")


def main() -> None:
    """Train, unless a home is given, then export."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        os.environ["REVIEWTUI_HOME"] = sys.argv[1] if len(sys.argv) > 1 else made
        if len(sys.argv) == 1:
            command = [sys.executable, "-m", "tui", "train", "sample_reviews", "--model", "starter", "--wait"]
            subprocess.run([*command, "--name", "first-model"], cwd=ROOT, check=True)
        asyncio.run(export("latest"))


if __name__ == "__main__":
    main()
