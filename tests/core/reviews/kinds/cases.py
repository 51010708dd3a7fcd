"""All made files, by kind of issue."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tests.core.reviews.kinds.made import Made

HERE = Path(__file__).parent
KNOWN_FAILING = HERE / "known_failing.txt"
MADE: tuple[Made, ...] = tuple(
    made
    for module in sorted(name for _, name, _ in iter_modules([str(HERE)]) if name.startswith(("kind", "unseen")))
    for made in import_module(f"tests.core.reviews.kinds.{module}").MADE
)
CASES = [made.case for made in MADE]


def write_all(scratch: Path) -> Path:
    """Write all files into a new folder of `scratch` and return it."""
    folder = scratch / "kinds"
    for made in MADE:
        made.write(folder)
    return folder
