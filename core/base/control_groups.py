"""The control groups of this process, whose files hold its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def group_folders(controller: str, root: Path = ROOT, own: Path = OWN_GROUP) -> Iterator[Path]:
    """Yield the folders of this process's control groups, from its own up to the root, in cgroup v2 and v1.

    Args:
        controller: What the groups limit: `memory` or `cpu`.
        root: Where the control groups are mounted.
        own: The kernel's file that names this process's groups.
    """
    for line in content(own).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers or controller in controllers.split(","):
            base = root / controllers
            folder = base / path.lstrip("/")
            yield folder
            yield from (above for above in folder.parents if above.is_relative_to(base))


def content(file: Path) -> str:
    """Return the content of a kernel file; empty if it cannot be read."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
