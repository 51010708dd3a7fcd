"""RESULTS.md from the records of a folder; every figure in it is recomputed from them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from benchmarks import memory
from benchmarks.formatting import markdown
from benchmarks.gpu.store import Record, Store
from benchmarks.report import agreements_of, memory_of, table_of

_COMPARED = (
    "Seconds are medians over the rounds (smallest to largest), ratios medians of the rounds' own: *faster* and *CPU* "
    "are the peer's time by ours, *memory* our peak by the peer's. Models have the shapes of real ones and random "
    "weights, which changes neither time nor memory; accuracy is not compared. Ours is `precision auto`. hf_default is "
    "the trainer as it comes; hf_tuned_bf16 and hf_tuned_fp32 have SDPA, fused AdamW, batches of similar length, and "
    "padding to a multiple of 8. {}. Nothing else ran meanwhile."
)
_FORKED = "Contestants are forked from a process that has loaded the libraries, so *whole process* leaves out imports"
_ON_THEIR_OWN = "Some contestants could not be forked and loaded the libraries themselves: *whole process* says nothing"
_FORECAST = (
    "`reviewtui forecast` beside what the run's allocator then gave out at its peak, and the rule of `accelerate "
    "estimate-memory`. Several configurations ran side by side, so the times are of a crowded machine."
)


def render(store: Store) -> str:
    """The whole file."""
    sessions = store.read("sessions")
    records = {part: list(store.latest(part).values()) for part in ("proofs", "benchmark", "memory")}
    done = {part: [record for record in found if "failed" not in record] for part, found in records.items()}
    failed = [(part, record) for part, found in records.items() for record in found if "failed" in record]
    mended = [
        f"{part}, {name}"
        for part, found in done.items()
        for name in sorted(
            {one["name"] for one in store.read(part) if "failed" in one} & {one["name"] for one in found}
        )
    ]
    parts = [
        *_head(sessions, done),
        "## Proofs\n",
        _proofs(done["proofs"]),
        "## Beside the peers\n",
        _COMPARED.format(_FORKED if all(one["forked"] for one in done["benchmark"]) else _ON_THEIR_OWN) + "\n",
        *_benchmark(done["benchmark"]),
        "## Memory: the forecast beside what runs then took\n",
        _FORECAST + "\n",
        *_memory(done["memory"]),
        *_failures(failed),
        *([f"Failed in an earlier call, and done since: {'; '.join(mended)}.\n"] if mended else []),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _head(sessions: list[Record], done: dict[str, list[Record]]) -> list[str]:
    last = sessions[-1]
    here, planned = last["machine"], last["planned"]
    versions = ", ".join(f"{name} {version}" for name, version in here["versions"].items())
    counts = ", ".join(f"{part} {len(found)} of {planned.get(part, 0)}" for part, found in done.items())
    rows = [[one["name"], one["date"], one["commit"], f"`{one['command']}`"] for one in sessions]
    return [
        f"# {'A dry run on the processor' if last['dry_run'] else here['gpu']}\n",
        "Made by `make gpu`; do not edit. Raw figures: the JSON lines beside this file.\n",
        *(["**A dry run: tiny models, and times that mean nothing.**\n"] if last["dry_run"] else []),
        f"{'Driver ' + last['driver'] + '; ' if last['driver'] else ''}{here['processor']}, {here['threads']} threads, "
        f"{here['memory_gib']} GiB, {here['system']}; {versions}.\n",
        markdown(["call", "date", "commit", "command"], rows),
        f"Pieces done: {counts}.\n",
    ]


def _proofs(records: list[Record]) -> str:
    rows = [[f"`{one['name']}`", one["outcome"], "; ".join(one["said"]), f"{one['took']:.0f}"] for one in records]
    return markdown(["proof", "outcome", "counted", "s"], rows)


def _benchmark(records: list[Record]) -> list[str]:
    if not records:
        return ["Not measured.\n"]
    rounds: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        rounds[record["case"]["name"]].append(record)
    cases: dict[str, Any] = {
        name: {**found[0]["case"], "runs": [run for record in found for run in record["runs"]]}
        for name, found in rounds.items()
    }
    results = {"cases": cases}
    chosen = [
        [name, str(notes["precision"]), str(notes.get("micro_batch_tokens", ""))]
        for name, case in cases.items()
        for notes in [case["runs"][0]["notes"]]
    ]
    return [
        table_of(results),
        "What ours chose:\n",
        markdown(["case", "precision", "tokens in a micro-batch"], chosen),
        "MiB that PyTorch's allocator gave out, medians:\n",
        memory_of(results),
        "Probabilities beside the peers':\n",
        agreements_of(results),
    ]


def _memory(rows: list[Record]) -> list[str]:
    if not rows:
        return ["Not measured.\n"]
    found = memory.summary(rows)
    figures = [
        ["configurations", str(found["configurations"])],
        ["error of memory, median", f"{found['memory_median']:.1%}"],
        ["the same, 95th percentile", f"{found['memory_p95']:.1%}"],
        ["forecast more than 5 % too small", f"{found['memory_under_5']:.1%}"],
        ["error of the rule, median (95th percentile)", f"{found['rule_median']:.0%} ({found['rule_p95']:.0%})"],
    ]
    return [markdown(["", "measured"], figures), "\n".join(memory.table(rows)) + "\n"]


def _failures(failed: list[tuple[str, Record]]) -> list[str]:
    if not failed:
        return []
    texts = [f"{part}, {record['name']}:\n\n```text\n{record['failed'].strip()}\n```\n" for part, record in failed]
    return ["## Failed\n", *texts]
