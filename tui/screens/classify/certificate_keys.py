"""The keys of the certificate view."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

CERTIFICATE = KeyTable(
    "certificate",
    "Labelling automatically",
    (
        Action("certificate.close", "escape", "dismiss(None)", "Close", footer=True),
        Action("certificate.label", "enter", "label", "Label", "Label what is certified", footer=True),
        Action("certificate.stricter", "left", "promise(-1)", "Stricter", "Promise fewer errors"),
        Action("certificate.looser", "right", "promise(1)", "Looser", "Allow more errors"),
        Action("certificate.take_back", "w", "take_back", "Take back", "Make what a model labelled undecided again"),
    ),
)
