"""What auditing buys: a labelled file as a pile whose labels nobody knows, audited at random with its own labels.

    python -m benchmarks.certificates DATA --run RUN [--max-error SHARE] [--every AUDITS]

Prints a line after every `--every` audits: what is certified, and how often the model is wrong in what it would label
then, which the file's labels tell. The copy of the file, its decision log and the scores are thrown away; runs are not
touched. No figure depends on the machine.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from pathlib import Path

import numpy as np

from core.base.files import home
from core.data.run_data import read_for_run
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import find_run
from core.scores.scoring import score
from core.triage.certificate.answering import answered, certificate_of, fit_on_audits
from core.triage.certificate.certifying import history_in, log_of
from core.triage.certificate.labelling import auto_labels
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tui.certificate_text import calibration, verdict


def main() -> None:
    """Audit a pile step by step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--run", default="latest")
    parser.add_argument("--max-error", type=float, default=0.02)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--every", type=int, default=100)
    asked = parser.parse_args()
    run = find_run(asked.run)
    runs = home() / "runs"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REVIEWTUI_HOME"] = folder
        (Path(folder) / "runs").symlink_to(runs)
        _audit(Path(folder), run, asked)


def _audit(folder: Path, run, asked: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    quiet = lambda what, share: None  # noqa: E731
    from core.runs.model_labels import labels_of_model

    names = labels_of_model(run)
    _, labelled = read_for_run(run, names, str(Path(asked.data).absolute()), None, lambda share: None)
    known = np.flatnonzero(labelled.labels >= 0)
    path = folder / "pile.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review",), *((labelled.text(int(row)),) for row in known)])
    reviews = read_unlabelled(str(path))
    source = "a pile of benchmarks/certificates.py"  # its random sequence depends on this name
    truth = labelled.labels[known]
    assert len(reviews) == len(truth)
    scores = score(run.model, reviews, source, quiet)
    assert scores is not None
    found = answered(source, run, reviews, scores, quiet)
    pile = found.pile
    right = pile.predicted == truth
    print(f"{len(reviews):,} reviews, {len(pile.different):,} different; the model is right about {right.mean():.1%}")
    sequence = pile.sequence
    log = DecisionLog(source, sync=lambda descriptor: None)
    heads = ("audits", "covers", "audited", "wrong", "at most", "needed", "labels", "really wrong")
    print("{:>7} {:>7} {:>8} {:>6} {:>8} {:>7} {:>7} {:>13}".format(*heads))
    for start in range(0, len(sequence) + 1, asked.every):
        for row in sequence[max(start - asked.every, 0) : start].tolist():
            _decide(log, reviews, row, names[truth[row]])
        content = log_of(source)
        history = history_in(content)
        made = certificate_of(found, history, content, asked.max_error, asked.confidence)
        labels = auto_labels(made, history, reviews, pile, None)
        shown = made.to_json()
        wrong = [not right[one.row] for one in labels.decisions]
        really = f"{sum(wrong):,} of {len(wrong):,}" if wrong else "–"
        needed = "–" if shown["needed"] is None else f"{shown['needed']:,}"
        covers = f"{shown['coverage']:.0%}" if made.certified else f"({shown['coverage']:.0%})"
        print(
            f"{start:>7,} {covers:>7} {shown['audited']:>8,} {shown['errors']:>6,} {shown['bound']:>8.2%} {needed:>7} "
            f"{len(labels.decisions):>7,} {really:>13}"
        )
    log.close()
    print(verdict(made))
    print("probabilities:", calibration(fit_on_audits(found, history), made.audits - made.unlabelled))


def _decide(log: DecisionLog, reviews, row: int, label: str) -> None:  # type: ignore[no-untyped-def]
    file, line = reviews.place(row)
    log.decide(
        Decision(
            hash=f"{int(reviews.hashes[row]):016x}", row=row, file=file, line=line, text=reviews.text(row),
            verdict=label, order="random", audit=True, blind=True,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
