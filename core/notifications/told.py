"""Who was told what: a marker for each event in the folder of its run, so that nothing is told twice.

Several processes may see the same event: a run's supervisor, a workbench, a second workbench, one that is opened later.
The first to create the marker tells it. The user's command and the terminal have markers of their own.
"""

from __future__ import annotations

import os
from typing import Literal

from core.base.errors import ReviewtuiError
from core.base.files import open_private, private_folder
from core.notifications.events import Event
from core.runs.folder import RunFolder

Channel = Literal["command", "terminal"]


def claim(run: RunFolder, event: Event, channel: Channel) -> bool:
    """Return whether the caller is the first to tell an event, and so is to tell it.

    Where no marker can be written, as on a full disk, which is when a run fails, everyone is the first: being told
    twice is better than not at all.
    """
    try:
        if not run.path.is_dir():  # deleted meanwhile
            return False
        marker = private_folder(run.told) / f"{event.key}.{channel}"
        os.close(open_private(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    except (OSError, ReviewtuiError):
        return True
    return True
