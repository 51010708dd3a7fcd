"""`python -m benchmarks.reading`: how long reading a large file takes, and how much memory.

Writes a CSV file of random sample reviews, each with a unique number, reads it with `reviewtui inspect` in a new home,
and adds a row to READING.md. Memory is what the processes of the command have for themselves (USS: pages that no other
process shares, those of mapped files included), and how much of it is anonymous, which the system cannot drop.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from benchmarks.busy import numbered_reviews
from benchmarks.formatting import markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads

HERE = Path(__file__).resolve().parent
GOALS = {1_000_000: (12.0, 435), 10_000_000: (None, 800)}
"""Rows → seconds and megabytes at most."""
_LOOK_SECONDS = 0.1


def main(
    rows: Annotated[list[int], typer.Argument(help="Rows of each file.")],
    cache: Annotated[Path, typer.Option(help="Folder for the files.")] = HERE / ".cache",
    output: Annotated[Path, typer.Option(help="Folder of reading.json and READING.md.")] = HERE,
) -> None:
    """Measure a file of each size."""
    file = output / "reading.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"rows": []}
    for count in rows:
        source = numbered_reviews(cache / f"reviews-{count}.csv", count)
        before = load()
        measured = {"rows": count, "bytes": source.stat().st_size, "load_before": before, **inspect(source)}
        measured |= {"commit": commit(), "on": time.strftime("%Y-%m-%d")}
        found["rows"] = [one for one in found["rows"] if one["rows"] != count] + [measured]
        found["rows"].sort(key=lambda one: one["rows"])
        found["machine"] = describe(threads())
        file.write_text(json.dumps(found, indent=1) + "\n")
        (output / "READING.md").write_text(page(found))
        print(json.dumps(measured), flush=True)


def inspect(source: Path) -> dict[str, Any]:
    """Read a file once; return seconds of wall and processor time, peak bytes, and bytes that are stored."""
    with tempfile.TemporaryDirectory(prefix="reviewtui-reading-") as home:
        env = {**os.environ, "REVIEWTUI_HOME": home}
        spent, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "tui", "inspect", str(source), "--json"]
        said = Path(home) / "said"
        with said.open("wb") as errors:
            process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        own = anonymous = 0
        while process.poll() is None:
            sizes = [memory_of(one) for one in family(process.pid)]
            own, anonymous = max(own, sum(one for one, _ in sizes)), max(anonymous, sum(one for _, one in sizes))
            time.sleep(_LOOK_SECONDS)
        seconds = time.perf_counter() - began
        if process.returncode:
            raise RuntimeError(f"inspect ended with status {process.returncode}: {said.read_text()[-1000:]}")
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        stored = sum(one.stat().st_size for one in Path(home).rglob("*") if one.is_file())
    processor = usage.ru_utime + usage.ru_stime - spent.ru_utime - spent.ru_stime
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "peak_own_bytes": own,
        "peak_anonymous_bytes": anonymous,
        "stored_bytes": stored,
    }


def family(process: int) -> list[int]:
    """Return the ids of a process and of those that it started."""
    try:
        return [process, *(child.pid for child in psutil.Process(process).children(recursive=True))]
    except psutil.Error:
        return []


def memory_of(process: int) -> tuple[int, int]:
    """Return the bytes that a process has for itself, and those of them that are no file's; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0, 0
    sizes = {line.partition(":")[0]: int(line.split()[1]) << 10 for line in lines if line.endswith("kB")}
    return sizes.get("Private_Clean", 0) + sizes.get("Private_Dirty", 0), sizes.get("Anonymous", 0)


def page(found: dict[str, Any]) -> str:
    """Return READING.md."""
    machine, rows = found["machine"], []
    for one in found["rows"]:
        seconds, memory = GOALS.get(one["rows"], (None, None))
        rows.append(
            [
                f"{one['rows']:,}",
                f"{one['bytes'] / 1e9:.2f} GB",
                f"{one['seconds']:.1f} s" + (f" (≤ {seconds:.0f})" if seconds else ""),
                f"{one['processor_seconds']:.1f} s",
                f"{one['peak_own_bytes'] / 1e6:.0f} MB" + (f" (≤ {memory})" if memory else ""),
                f"{one['peak_anonymous_bytes'] / 1e6:.0f} MB",
                f"{one['stored_bytes'] / 1e9:.2f} GB",
                f"{one['load_before']}",
                f"{one['on']}, {one['commit']}",
            ]
        )
    head = ["rows", "file", "time", "processor", "memory of its own", "anonymous", "stored", "load before", "measured"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name == "numpy")
    return (
        "# Reading large files\n\nMade by `python -m benchmarks.reading 1000000 10000000`; do not edit. "
        "`reviewtui inspect` of a CSV file; goals in brackets.\n\n"
        f"{machine['processor']}, {machine['threads']} threads, {machine['memory_gib']} GiB; {versions}.\n\n"
    ) + markdown(head, rows)


if __name__ == "__main__":
    typer.run(main)
