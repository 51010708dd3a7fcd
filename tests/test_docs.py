"""What the docs say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from docs import make_keys
from docs.make_settings import TARGET, settings_page

ROOT = Path(__file__).resolve().parent.parent


def test_the_table_of_settings_is_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == settings_page(), "run `make settings-docs`"


def test_the_table_of_keys_is_fresh() -> None:
    assert make_keys.TARGET.read_text(encoding="utf-8") == make_keys.keys_page(), "run `make keys-docs`"


def test_every_command_in_the_readme_exists() -> None:
    from tui.commands.main import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(re.findall(r"^reviewtui ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= known
    assert known - named <= {"open"}


def test_links_between_the_docs_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_readmes_screenshot_was_exported_by_the_app() -> None:
    svg = (ROOT / "docs" / "screenshots" / "train.svg").read_text(encoding="utf-8")
    assert "rich-terminal" in svg
    assert "reviewtui" in svg
