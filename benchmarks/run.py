"""`python -m benchmarks.run`: measures this project and its peers, interleaved, case by case.

Results go to results.json and RESULTS.md beside this file after each case, so an interrupted benchmark keeps them.
`--only` replaces the named cases and keeps the others, each with its own date.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import machine
from benchmarks.cases import CASES, OURS, TRAINED, Case, Peer, smoke_cases
from benchmarks.data import Split, make_bulk, make_split
from benchmarks.jobs import Job, Measurement, Training
from benchmarks.measure import Entrant, environment, interleave, measure, threads
from benchmarks.models import encoder, linear_weights
from benchmarks.report import render, table_of
from benchmarks.search import best_options

HERE = Path(__file__).resolve().parent
_SMOKE_ROWS = 48
_CLASSIFIER_STEPS = 60


class Bench:
    """Measures cases. `cache` holds data and models, but no results."""

    def __init__(self, cache: Path, *, smoke: bool, full: bool, repeats: int) -> None:
        self.cache, self.smoke, self.full, self.repeats = cache, smoke, full, repeats
        self.threads = 1 if smoke else threads()
        self._environment = environment(self.threads)

    def measure(self, case: Case) -> dict[str, Any]:
        """Measure one case: search for the peers' best options, measure the machine's peak, then run all repeats."""
        began, load = datetime.now(UTC), machine.load()
        split = make_split(case.data, self.cache, _SMOKE_ROWS if self.smoke else None)
        folder = encoder("tiny" if self.smoke else case.model, self.cache, self._environment)
        say(f"{case.name}: {case.title}, {case.model}, {case.data}")
        searched: dict[str, Any] = {}
        if case.task == "train":
            jobs = {OURS: self._training(case, OURS, str(folder), split)}
            entrants = [Entrant(OURS, seeded(jobs[OURS]))]
            for peer in case.peers:
                job = self._training(case, peer.module, str(folder), split, peer.options)
                if peer.search:
                    options, trials = best_options(job, self._one)
                    say(f"  {peer.name}: best of {len(trials)} settings is {options}")
                    searched[peer.name] = {"options": options, "trials": trials}
                    job = replace(job, options=options)
                entrants.append(self._entrant(peer, job))
        else:
            entrants = self._classifying(case, folder, split)
        peak = self._one(Job("matmul", "peak", threads=self.threads)) if case.name in TRAINED else None
        runs = []
        for run in interleave(entrants, self.repeats, lambda job: measure(job, self._environment)):
            say(f"  {run.repeat}/{self.repeats} {run.peer}: {run.measured.seconds * run.scale:.3g} s")
            runs.append(run.to_json())
        return {
            "title": case.title,
            "task": case.task,
            "date": began.strftime("%Y-%m-%d %H:%M UTC"),
            "commit": machine.commit(),
            "load_before": load,
            "model": case.model,
            "data": {"name": case.data, **asdict(split), "train": split.train.name, "held_out": split.held_out.name},
            "training": asdict(case.training) if case.training else None,
            "linear_weights": linear_weights(folder),
            "peak_tflops": peak.tflops if peak else None,
            "searched": searched,
            "peers": [peer.name for peer in case.peers],
            "runs": runs,
        }

    def _one(self, job: Job) -> Measurement:
        return measure(job, self._environment)[0]

    def _training(self, case: Case, module: str, model: str, split: Split, options: Any = None) -> Job:
        return Job(
            module,
            "train",
            model,
            str(split.train),
            str(split.held_out),
            threads=self.threads,
            training=case.training,
            options=dict(options or {}),
        )

    def _entrant(self, peer: Peer, job: Job) -> Entrant:
        """Return an entrant, with fewer epochs and a scaled time if the peer would take too long."""
        if peer.measured_epochs is None or self.full:
            return Entrant(peer.name, seeded(job))
        part = replace(job, training=replace(job.trained, epochs=peer.measured_epochs))
        return Entrant(peer.name, seeded(part), job.trained.epochs / peer.measured_epochs)

    def _classifying(self, case: Case, folder: Path, split: Split) -> list[Entrant]:
        """Return entrants that load the same classifier, created by a short training, and read the same reviews."""
        classifier = self.cache / "models" / f"{folder.name if self.smoke else case.model}-classifier-{case.max_length}"
        if not (classifier / "config.json").is_file():
            training = Training(epochs=1, max_length=case.max_length)
            options = {"save_to": str(classifier), "max_steps": 1 if self.smoke else _CLASSIFIER_STEPS}
            self._one(replace(self._training(case, "hf_default", str(folder), split, options), training=training))
        data = str(make_bulk(split, case.reviews) if case.task == "bulk" else split.train)

        def job(module: str, options: Any) -> Job:
            return Job(
                module,
                case.task,
                str(classifier),
                data,
                threads=self.threads,
                max_length=case.max_length,
                calls=case.calls,
                options=dict(options),
            )

        entrants = [Entrant(OURS, seeded(job(OURS, {"precision": case.precision})))]
        return entrants + [Entrant(peer.name, seeded(job(peer.module, peer.options))) for peer in case.peers]


def seeded(job: Job) -> Any:
    """Return a function that returns the job of the n-th repeat, with seed n."""
    return lambda repeat: replace(job, seed=repeat)


def say(line: str) -> None:
    """Print progress on standard error."""
    print(line, file=sys.stderr, flush=True)


def load_earlier(file: Path, here: dict[str, Any]) -> dict[str, Any]:
    """Return the results of earlier runs; empty unless machine and libraries are the same."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(found["cases"]) if found.get("machine") == here else {}


def main(
    only: Annotated[list[str] | None, typer.Option(metavar="CASE", help="Measure this case; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved rounds, each with its own seed.")] = 3,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Tiny, once, for correctness: its times mean nothing.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Train all epochs of the lab's loop too.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder for RESULTS.md and results.json.")] = None,
    cache: Annotated[Path, typer.Option(help="Folder for data and models.")] = HERE / ".cache",
) -> None:
    """Measure this project beside its peers, and write the table."""
    cases = smoke_cases() if smoke else CASES
    names = [case.name for case in cases]
    if unknown := set(only or ()) - set(names):
        raise typer.BadParameter(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    target = output or (cache / "smoke" if smoke else HERE)
    target.mkdir(parents=True, exist_ok=True)
    bench = Bench(cache, smoke=smoke, full=full, repeats=1 if smoke else repeats)
    here = machine.describe(bench.threads)
    results: dict[str, Any] = {"machine": here, "smoke": smoke, "cases": {}}
    if only:
        results["cases"] = load_earlier(target / "results.json", here)
    for case in cases:
        if not only or case.name in only:
            results["cases"][case.name] = bench.measure(case)
            results["cases"] = {name: results["cases"][name] for name in names if name in results["cases"]}
            (target / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            (target / "RESULTS.md").write_text(render(results), encoding="utf-8")
    print(table_of(results))


if __name__ == "__main__":
    typer.run(main)
