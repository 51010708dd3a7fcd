"""More epochs for a run that has ended: `reviewtui extend RUN --epochs N`.

Earlier results stay: the journal continues, and model and predictions are kept in `earlier/epochs-N/`. With schedule
wsd it resumes from before its learning rate fell, and becomes the run that it would have been with N epochs from the
beginning; with the other schedules the learning rate jumps, which is reported.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError
from core.base.files import private_folder, sync_path
from core.runs.checkpoint_folders import numbered
from core.runs.folder import RunFolder, write_request
from core.runs.history import RunHistory, read_history
from core.runs.journal import JournalWriter
from core.runs.records import ExtendedRecord, NoticeRecord
from core.runs.request import Request
from core.runs.status import OVER, state_of
from core.settings.schedule import planned_steps, schedule_of


@dataclass(frozen=True)
class Extension:
    """The effect of extending a run."""

    request: Request
    """The request of the extended run."""
    from_epochs: float
    """Epochs done so far."""
    from_steps: int
    """Optimizer steps done so far."""
    steps: int
    """The new total number of optimizer steps."""
    resumes_from: int
    """Training resumes from the newest checkpoint up to this step."""
    about_rate: str
    """A message of one or two sentences about the learning rate."""


def plan_extension(run: RunFolder, epochs: int) -> Extension:
    """Return the effect of extending a run that has ended to a total of `epochs` epochs.

    Raises:
        InputError: The run has not ended, never started, or already has that many epochs.
    """
    history = read_history(run.journal)
    state = state_of(run, history)
    if state not in OVER:
        raise InputError(f"{run.id} is {state}; it can be extended once it has ended.")
    return _planned(run, history, epochs)


def _planned(run: RunFolder, history: RunHistory, epochs: int) -> Extension:
    request, plan = run.request(), history.plan
    if request.method == "baseline":
        raise InputError(f"{run.id} is a baseline, which has no epochs; fine-tune with `reviewtui train`.")
    if not history.step or plan is None:
        raise InputError(f"{run.id} has not made a step; start a new run with `--set epochs={epochs}`.")
    per_epoch = max(-(-plan.rows // request.settings.batch_size), 1)
    settings = request.settings.changed({"epochs": epochs, "max_steps": None})
    before, after = plan.steps, planned_steps(settings, per_epoch)
    if after <= max(before, history.step):
        has = f"{max(before, history.step) / per_epoch:.4g}"
        raise InputError(
            f"{run.id} has {has} epochs already. The number is the total: ask for more than {has} (from a shell also "
            f"with --epochs +{epochs} for {epochs} more)."
        )
    old, new = schedule_of(request.settings, before, per_epoch), schedule_of(settings, after, per_epoch)
    resumes_from = history.step
    if old.trunk is not None:
        words = (
            f"It resumes from before the learning rate fell and becomes the run that {epochs} epochs would have been."
        )
        if not old.shares_steps_with(new, history.step):
            resumes_from = old.trunk
            words = f"{words} Steps {old.trunk + 1} to {history.step} are repeated."
    else:
        had = history.steps[-1].learning_rate
        gets = had / old.share(history.step - 1) * new.share(history.step)
        words = f"The learning rate stays at {gets:.2g}."
        if gets > had:
            words = (
                f"The learning rate had fallen to {had:.2g} and jumps to {gets:.2g}: the loss may rise before it "
                f"falls, and this is not the run that {epochs} epochs would have been from the beginning. A run with "
                "schedule=wsd can be extended without that."
            )
        elif gets < had:
            words = f"The learning rate continues at {gets:.2g} instead of {had:.2g}."
    if not numbered(run.checkpoints):
        if request.parent is not None:
            raise InputError(
                f"{run.id} has no checkpoint left, and as a branch it cannot start over; start a new run instead."
            )
        resumes_from = 0
        words = f"It has no checkpoint left, so it starts over, and all {history.step} steps are repeated."
    changed = request.model_copy(update={"settings": settings})
    return Extension(changed, history.step / per_epoch, history.step, after, resumes_from, words)


def begin_extension(run: RunFolder, journal: JournalWriter, epochs: int) -> None:
    """Extend a run whose lock this worker holds: keep its results, raise its epochs, and record that.

    A worker that is killed on the way leaves an `unfinished_extension`, which this finishes.
    """
    history = read_history(run.journal)
    if history.plan is not None and history.plan.epochs == epochs:
        return
    extension = _planned(run, history, epochs)
    _keep_results(run, f"epochs-{extension.from_epochs:.4g}")
    write_request(run, extension.request)
    from_epochs = round(extension.from_epochs, 4)
    journal.write(ExtendedRecord(from_epochs=from_epochs, from_steps=extension.from_steps, epochs=epochs), sync=True)
    journal.write(NoticeRecord(text=extension.about_rate))


def unfinished_extension(run: RunFolder) -> int | None:
    """Return the total epochs that a run was extended to by a worker that died before its journal said so."""
    settings, plan = run.request().settings, read_history(run.journal).plan
    if plan is None or plan.method == "baseline" or settings.max_steps is not None or settings.epochs <= plan.epochs:
        return None
    return settings.epochs


def _keep_results(run: RunFolder, name: str) -> None:
    """Hard-link model and predictions into `earlier/<name>/`; these files are only ever replaced, never modified."""
    target = run.earlier / name
    if target.exists() or not run.model.is_dir():
        return
    temporary = private_folder(run.earlier / f".{name}.{secrets.token_hex(4)}")
    private_folder(temporary / "model")
    for file in run.model.iterdir():
        _link(file, temporary / "model" / file.name)
    if run.predictions.is_file():
        _link(run.predictions, temporary / run.predictions.name)
    sync_path(temporary)
    temporary.rename(target)
    sync_path(run.earlier)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
