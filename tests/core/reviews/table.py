"""Cases side by side: verdicts, totals, and the list of cases that are known to fail.

The list is a text file, one case and its reason per line. A test holds it to exactly the cases that fail, so that every
change is noticed; `--update` takes out what works now.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from core.base.text import clean_line
from tests.core.reviews.verdicts import VERDICTS, Case, Judged, judge

_WHY = 150


def judge_all(cases: Iterable[Case], folder: Path) -> dict[str, Judged]:
    """Return the verdict of each case, by its id."""
    return {case.id: judge(case, folder) for case in cases}


def totals(judged: Mapping[str, Judged]) -> str:
    """Return the number of cases per verdict, in words."""
    counts = Counter(one.verdict for one in judged.values())
    good = sum(one.good for one in judged.values())
    listed = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{len(judged)} cases: {listed}. {good / max(len(judged), 1):.1%} right or refused with the way out."


def known_failing(path: Path) -> dict[str, str]:
    """Return case → reason from a list such as `id: reason`; lines that begin with # are comments."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and line[0] != "#"]
    return dict(line.split(": ", 1) for line in lines)


def main(cases: Iterable[Case], made: Callable[[Path], Path], listed: Path) -> None:
    """Print the table of `cases` in the folder that `made` returns, given an empty one.

    With --update, cases that work are taken out of the list of those known to fail; with --record, it is made anew.
    """
    parser = argparse.ArgumentParser(description="Print the verdict on each case, and the totals.")
    parser.add_argument("words", nargs="*", help="only cases whose name contains one of these words")
    parser.add_argument("--bad", action="store_true", help="only cases that fail")
    parser.add_argument("--update", action="store_true", help="take out of the list of known failures what works now")
    parser.add_argument("--record", action="store_true", help="make the list of known failures anew")
    given = parser.parse_args()
    chosen = [case for case in cases if not given.words or any(word in case.id for word in given.words)]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["REVIEWTUI_HOME"] = str(Path(scratch) / "home")
        judged = judge_all(chosen, made(Path(scratch)))
    for name, one in judged.items():
        if not (given.bad and one.good):
            print(f"{one.verdict:<26} {name:<58} {clean_line(one.why, _WHY)}")
    print(totals(judged))
    if (given.update or given.record) and not given.words:
        _rewrite(listed, judged, given.record)


def _rewrite(listed: Path, judged: Mapping[str, Judged], anew: bool) -> None:
    head = [line for line in listed.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    before = known_failing(listed)
    failing = {
        name: before.get(name) or f"{one.verdict}: {clean_line(one.why, 110)}"
        for name, one in judged.items()
        if not one.good and (anew or name in before)
    }
    lines = head + [f"{name}: {reason}" for name, reason in failing.items()]
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{listed.name}: {len(before)} cases before, {len(failing)} now.")
