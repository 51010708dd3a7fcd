"""`python -m benchmarks.gpu`: everything that only a GPU can show, within a few minutes; see README.md beside this.

Begins with the standard library alone: first comes what is missing here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.gpu import kit

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--minutes", type=float, default=8, help="time limit in minutes (default: 8)")
    parser.add_argument("--output", type=Path, help="folder for results; what lies there is continued")
    parser.add_argument("--kit", type=Path, default=ROOT / ".gpu-kit", help="folder that `make gpu-kit` made")
    parser.add_argument("--commit", default="", help="commit of this copy, where it is no Git repository")
    parser.add_argument("--one-of-each", action="store_true", help="one piece of each kind: does all of it work here?")
    parser.add_argument(
        "--dry-run", action="store_true", help="the same with tiny models, on the processor; so without a GPU"
    )
    return parser.parse_args()


def main() -> int:
    """Bring what is missing, then do everything; 0 if no piece failed."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="reviewtui-gpu-", ignore_cleanup_errors=True) as scratch:
        if asked.kit.is_dir() and kit.missing():
            kit.unpack(asked.kit, Path(scratch) / "site")
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (sys.path[0], os.environ.get("PYTHONPATH"))))
        if lacking := kit.missing():
            own = "" if set(lacking) <= set(kit.PACKAGES) else " (what is no part of the kit, the machine must have)"
            print(
                f"Missing here: {', '.join(lacking)}{own}; run `make gpu-kit` where there is a network, bring its "
                "folder .gpu-kit along, and name it with --kit (with make: KIT=FOLDER).",
                file=sys.stderr,
            )
            return 2
        from benchmarks.gpu.session import Session

        return Session(asked, Path(scratch)).run()


if __name__ == "__main__":
    sys.exit(main())
