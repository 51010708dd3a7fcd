"""The command `reviewtui`: which commands there are, and how every one of them ends.

Exit status: 0 done, 1 failed, 2 wrong usage or unreadable input. An error is one plain sentence on standard error.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from core import __version__
from core.base.errors import ReviewtuiError
from tui.commands import (
    annotate,
    auto_label,
    baseline,
    classify,
    compare,
    continuing,
    decisions,
    demo,
    distil,
    doctor,
    evaluate,
    forecast,
    inspect,
    journal,
    keys,
    learn,
    notify,
    prune,
    queue,
    rank,
    runs,
    suspects,
    sweep,
    train,
    verify,
    versus,
    workbench,
)
from tui.commands.output import complain, replace_what_cannot_be_shown
from tui.commands.review_arguments import ReviewsCommand

app = typer.Typer(
    name="reviewtui",
    help="Fine-tune a BERT-family classifier on product reviews, watch it learn, classify reviews one key at a time.",
    epilog="Without a command, the workbench opens. RUN is an id, a name, a unique prefix, or latest.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("open")(workbench.open_data)
app.command()(workbench.triage)
app.command()(demo.demo)
app.command()(inspect.inspect)
app.command()(forecast.forecast)
app.command()(train.train)
app.command()(baseline.baseline)
app.command()(runs.runs)
app.command()(runs.status)
app.command()(annotate.rename)
app.command()(annotate.note)
app.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})(annotate.tag)
app.command()(journal.journal)
app.command()(prune.prune)
app.command()(queue.queue)
app.command()(notify.notify)
app.command()(sweep.sweep)
app.command()(versus.versus)
app.command()(distil.distil)
app.command()(train.stop)
app.command()(train.resume)
app.command()(continuing.extend)
app.command()(continuing.branch)
app.command("verify-resume")(verify.verify_resume)
app.command(cls=ReviewsCommand)(classify.classify)
app.command()(rank.rank)
app.command("auto-label")(auto_label.auto_label)
app.command()(evaluate.evaluate)
app.command()(compare.compare)
app.command()(decisions.decisions)
app.command()(suspects.suspects)
app.command()(learn.learn)
app.command()(keys.keys)
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> int:
    """Open the workbench, unless a command is named."""
    if version:
        print(f"reviewtui {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        return workbench.run_workbench(mouse=not no_mouse)
    if context.invoked_subcommand != "queue":
        queue.remind_of_queue()
    return 0


def main() -> None:
    """Run the command line and exit with its status."""
    replace_what_cannot_be_shown()
    sys.exit(_status())


def _status() -> int:
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        where = f" `{context.command_path} --help` tells more." if context is not None else ""
        complain(f"{error.format_message().rstrip('.')}.{where}")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted.")
        return 130
    except ReviewtuiError as error:
        complain(error)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _unexpected(error)
    return int(status or 0)


def _unexpected(error: Exception) -> int:
    """Write the details of an unexpected error to crash.log, and say one sentence."""
    from tui.failures import write_crash_log

    try:
        log = write_crash_log(error)
    except ReviewtuiError as unwritable:
        complain(unwritable)
        return unwritable.exit_code
    complain(f"An unexpected error ended the command ({type(error).__name__}); {log} has the details.")
    return 1
