"""What was asked for: off at first, kept beside the other preferences, and safe from whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.preferences import preferences_file, read_preferences, remember_preference
from core.notifications.preferences import Notifications, read_notifications, remember_notifications
from tests.core.notifications.bench import BEGAN


def test_nothing_is_told_unless_asked() -> None:
    assert read_notifications() == Notifications() and not Notifications().wanted


def test_what_was_asked_for_is_kept_with_its_time_and_beside_the_rest() -> None:
    remember_preference("theme", "nord")
    asked = Notifications(("finished", "best"), ("bell", "command"), "mail -s run me")
    kept = remember_notifications(asked, BEGAN)
    assert read_notifications() == kept and kept.asked == BEGAN and kept.command == "mail -s run me"
    assert read_preferences()["theme"] == "nord"
    assert preferences_file().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        (Notifications(("finished",), ()), False),
        (Notifications((), ("bell", "command"), "x"), False),
        (Notifications((), ("title",)), True),
        (Notifications(("best",), ("osc9",)), True),
        (Notifications(("best",), ("command",), "  "), False),
        (Notifications(("best",), ("command",), "x"), True),
    ],
)
def test_a_way_without_an_event_tells_nothing_but_the_title(chosen: Notifications, wanted: bool) -> None:
    assert chosen.wanted == wanted


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["finished", "bell", "command"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["events", "ways", "command", "asked"]), inner),
)


@given(_ANYTHING)
def test_whatever_the_file_holds_only_known_names_are_read(
    tmp_path_factory: pytest.TempPathFactory, found: Any
) -> None:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", str(home))
        Path(home / "workbench.json").write_text(json.dumps({"notify": found}))
        read = read_notifications()
    assert set(read.events) <= {"finished", "failed", "stalled", "diverged", "best"}
    assert set(read.ways) <= {"bell", "title", "osc9", "osc777", "command"}
    assert isinstance(read.command, str) and abs(read.asked) < float("inf")
