"""Formatting of quantities."""

from __future__ import annotations


def in_bytes(count: float | None) -> str:
    """Format a number of bytes in binary units: `3.4 GiB`. Return `?` for None."""
    if count is None:
        return "?"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
