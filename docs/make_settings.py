"""Writes docs/settings.md from `core/settings/schema.py` and `core/settings/presets.py` (`make settings-docs`)."""

from __future__ import annotations

from pathlib import Path

from core.settings.declarations import Declaration
from core.settings.presets import PRESETS
from core.settings.schema import GROUPS, describe

TARGET = Path(__file__).with_name("settings.md")


def settings_page() -> str:
    """Return the text of docs/settings.md."""
    parts = [
        "# Settings\n",
        "`make settings-docs` writes this page from `core/settings/schema.py`. Each setting can be given as "
        "`--set name=value`, in the `[settings]` table of a TOML file, or in the form on the Setup screen.\n",
        "## Presets\n",
        "| preset | for | changes |\n|---|---|---|",
    ]
    for name, (purpose, changes) in PRESETS.items():
        listed = ", ".join(f"`{key}={value}`" for key, value in changes.items()) or "nothing: these are the defaults"
        parts.append(f"| `{name}` | {purpose} | {listed} |")
    for group in GROUPS:
        parts.append(f"\n## {group}\n")
        parts.append("| setting | default | values | what it does |\n|---|---|---|---|")
        parts += [_row(declaration) for declaration in describe() if declaration.group == group]
    return "\n".join(parts) + "\n"


def _row(declaration: Declaration) -> str:
    values = [declaration.range] if declaration.range else []
    values += [f"`{choice}`" for choice in declaration.choices]
    if declaration.kind == "switch":
        values = ["`true`", "`false`"]
    unit = f" ({declaration.unit})" if declaration.unit else ""
    default = "none" if declaration.default is None else str(declaration.default).lower()
    shown = ", ".join(values) or "text"
    return f"| `{declaration.name}` | `{default}` | {shown}{unit} | **{declaration.title}.** {declaration.help} |"


if __name__ == "__main__":
    TARGET.write_text(settings_page(), encoding="utf-8")
