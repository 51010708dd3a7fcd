"""Garbage collection in the process of the workbench.

A full collection looks at every object that there is: modules, styles, widgets and the runs of the list, over 70,000
with 500 runs. That takes tens of milliseconds, in which no key is answered. What lives as long as the process anyway
is therefore passed over. Only the command that opens the workbench begins with it: a process that opens and closes many
applications, as tests do, would keep all of them.
"""

from __future__ import annotations

import gc


def begin() -> None:
    """Pass over everything that has been imported so far."""
    gc.freeze()


def settled() -> None:
    """Pass over what has been made so far, too, if this process has begun with that. To be called once or twice."""
    if gc.get_freeze_count():
        gc.freeze()
