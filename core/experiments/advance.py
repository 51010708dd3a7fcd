"""`python -m core.experiments.advance [GROUP …]`: what is to be done in groups whose runs have ended.

Run by whoever ends a run of a group, by commands that start or continue one, each time in a process of its own, because
planning may need libraries that neither a supervisor nor a screen loads. It plans the next runs, queues them, or writes
the result. Without arguments it looks after every unfinished group.
"""

from __future__ import annotations

import sys

from core.base.errors import ReviewtuiError
from core.base.files import write_json
from core.experiments.kinds import KINDS
from core.experiments.making import carry_out, locked, plan
from core.experiments.state import read_state
from core.runs.group import GroupFolder, groups_home, list_groups


def advance(group: GroupFolder) -> None:
    """Do what is to be done in a group now; nothing while one of its runs waits or trains. Doing it again is harmless.

    Raises:
        ReviewtuiError: The group cannot continue.
    """
    with locked(group):
        state = read_state(group)
        if not state.is_unfinished:
            return
        carry_out(group)  # what a killed process had planned
        state = read_state(group)
        if not all(one.is_over for one in state.members):
            return
        kind = KINDS[state.outline.kind]
        steps = kind.next_steps(state)
        if steps:
            plan(state, steps)
            carry_out(group)
        else:
            write_json(group.result, {"kind": state.outline.kind, "name": state.outline.name, **kind.conclude(state)})


def main(arguments: list[str]) -> int:
    """Advance the groups with these ids, or all; return the exit status."""
    groups = [GroupFolder(groups_home() / id) for id in arguments] or list_groups()
    status = 0
    for group in groups:
        try:
            advance(group)
        except ReviewtuiError as error:
            print(error, file=sys.stderr)
            status = error.exit_code
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
