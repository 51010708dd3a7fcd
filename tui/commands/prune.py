"""`prune`: what could be freed on the disk, and freeing it once the user has agreed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError
from tui.commands.options import Json
from tui.commands.output import complain, say, say_json, table
from tui.formatting import counted, in_bytes

if TYPE_CHECKING:
    from core.runs.pruning import Part, PartKind


def prune(
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]…", help="Only of these runs; else of all.")] = None,
    checkpoints: Annotated[bool, typer.Option("--checkpoints", help="Checkpoints of finished runs.")] = False,
    earlier: Annotated[bool, typer.Option("--earlier", help="Models from before runs were extended.")] = False,
    models: Annotated[bool, typer.Option("--models", help="Models that are not the best of their data.")] = False,
    features: Annotated[bool, typer.Option("--features", help="The kept output of frozen layers.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be freed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Show what could be freed on the disk, and free it. Asks first, and frees nothing that no flag names."""
    from core.runs import pruning
    from core.runs.disk_usage import bytes_on_disk, shared_bytes
    from core.runs.folder import find_run, list_runs
    from core.runs.summary import summarize

    asked: dict[PartKind, bool] = {
        "checkpoints": checkpoints,
        "earlier": earlier,
        "models": models,
        "features": features,
    }
    wanted = [kind for kind, given in asked.items() if given]
    only = {find_run(word).id for word in runs or []}
    found = pruning.find_parts([summarize(run) for run in list_runs()])
    parts = [part for part in found if not only or part.run in only]
    chosen = [part for part in parts if part.kind in wanted]
    if not json:
        _show(parts)
        total = sum(bytes_on_disk(run.path) for run in list_runs())
        say(f"All runs take {in_bytes(total)}, what they share {in_bytes(shared_bytes())}.")
    freed: list[Part] = []
    if not wanted:
        if parts and not json:
            say("`reviewtui prune --checkpoints` and the like free what they name; nothing was freed.")
    elif dry_run:
        if not json:
            say(f"Would free {_size(chosen)}.")
    elif chosen and _agreed(chosen, yes=yes):
        freed = _free(chosen)
        if not json:
            say(f"Freed {_size(freed)}.")
    if json:
        say_json(
            {
                "parts": [
                    {"kind": one.kind, "run": one.run or None, "path": str(one.path), "bytes": one.bytes}
                    for one in (chosen if wanted else parts)
                ],
                "bytes": sum(one.bytes for one in (chosen if wanted else parts)),
                "freed_bytes": sum(one.bytes for one in freed),
            }
        )
    return 0


def _free(parts: list[Part]) -> list[Part]:
    """Move parts to the trash and empty it: a command that is killed between the two has freed nothing."""
    from core.runs.pruning import prune
    from core.runs.trash import empty_trash

    prune(parts)
    gone = [part for part in parts if not part.path.exists()]
    if len(gone) < len(parts):
        complain(f"{counted(len(parts) - len(gone), 'part')} stayed: a run needs them now.")
    empty_trash()
    return gone


def _agreed(parts: list[Part], *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError("Nothing is freed without asking; add --yes, or --dry-run to see what would be freed.")
    return typer.confirm(f"Free {_size(parts)} for good?", default=False, err=True)


def _size(parts: list[Part]) -> str:
    return f"{in_bytes(sum(part.bytes for part in parts))} in {counted(len(parts), 'folder')}"


def _show(parts: list[Part]) -> None:
    from core.runs.pruning import KINDS

    if not parts:
        say("Nothing could be freed.")
        return
    rows: list[list[object]] = []
    for kind, words in KINDS.items():
        of_kind = [part for part in parts if part.kind == kind]
        if of_kind:
            rows.append([f"--{kind}", in_bytes(sum(part.bytes for part in of_kind)), len(of_kind), words])
    table(["flag", "size", "folders", "what"], rows)
