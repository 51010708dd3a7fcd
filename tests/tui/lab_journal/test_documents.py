"""The journal as Markdown and SVG: what it says, and that no name, note or message breaks it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.base.files import private_folder, write_whole
from core.base.text import STEERING
from core.lab_journal.entry import Before, Change, Dated, Entry, Expected, Figures, Line, Member, Verdict
from core.lab_journal.journal import LabJournal
from tests.core.lab_journal.bench import make_run, tell
from tests.hostile import CORPUS
from tests.tui.lab_journal.test_escape import leaves, reader
from tui.lab_journal.figures import Figure
from tui.lab_journal.markdown import document
from tui.lab_journal.svg import svg
from tui.lab_journal.writing import write_journal
from tui.widgets.chart.series import Series

NUMBERS = st.one_of(st.none(), st.floats(), st.integers(-(10**400), 10**400))


def entry_with(text: str) -> Entry:
    """An entry that has a text wherever there can be one."""
    return Entry(
        id="20260901-120000-0000", kind="branch", time=1.0, name=text, state="failed", run="20260901-120000-0000",
        data=text, recipe=text, message=text,
        expected=(Expected(time=1.0, text=text, at_start=False, after_result=True),),
        before=Before(id="20260901-110000-0000", name=text, relation="branch", step=1),
        changes=(Change(setting=text, before=text, after=None),),
        figures=Figures(accuracy=0.5, macro_f1=0.4, loss=1.0),
        held_against=(Line(name=text, accuracy=0.5),),
        against_baseline=text, verdict=Verdict(sentence=text, comparison="20260901-120000-0001"),
        findings=(text,), notes=(Dated(time=1.0, text=text),),
        members=(Member(number=1, name=text, run=None, state="planned", settings={text: text}, why=text,
                        figures=Figures(accuracy=0.1)),) * 3,
    )  # fmt: skip


def kinds_of(markdown: str) -> list[str]:
    return [token.type for token in leaves(reader().parse(markdown)) if token.type != "text"]


@pytest.mark.parametrize("text", CORPUS[::5])
def test_hostile_texts_change_nothing_but_the_text(text: str) -> None:
    found = document([entry_with(text)])
    assert not {ord(one) for one in found} & (STEERING - {0x0A})
    assert kinds_of(found) == kinds_of(document([entry_with("Q")]))


def test_it_says_what_was_expected_changed_and_found() -> None:
    tell()
    found = document(LabJournal().read())
    for words in (
        "## 2026-09-03 12:00 · longer\n\n- **What:** run, finished; reviews.csv, validated on 60 reviews\n"
        "- **Expected:** 5 epochs gain a point\n"
        "- **Changed** from second, the latest earlier one on these reviews: epochs 3 → 5\n",
        "| second | 0.8667 | 0.8567 | 0.3000 | 3 | 1:30 | 1.0 GiB |\n| first | 0.7500 |",
        "| three-seed-2 | seed 2 | 0.8667 |",
        "- **Found:** accuracy 0.8500 ± 0.0200 (standard deviation) over 3 seeds",
        "mislabelled lamps",
        "- **Verdict:** not compared yet\n",
        "● validation loss",
    ):
        assert words in found, words
    assert kinds_of(found).count("fence") == 6


def test_a_file_is_replaced_only_if_it_is_a_journal_and_figures_stand_beside_it(tmp_path: Path) -> None:
    make_run("first <b>", 0)
    entries = LabJournal().read()
    tmp_path = private_folder(tmp_path / "mine")
    file = write_journal(entries, tmp_path / "my journal.md", figures=True)
    text = file.read_text()
    links = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert links and "```" not in text
    for link in links:
        assert link.startswith("my%20journal-figures/")
        ElementTree.parse(tmp_path / link.replace("%20", " "))
    assert {token.type for token in leaves(reader().parse(text))} >= {"image"}
    assert write_journal(entries[:0], file) == file and "There is no entry." in file.read_text()
    assert {one.name for one in tmp_path.iterdir()} == {"my journal.md", "my journal-figures"}, "no temporary file"
    write_whole(tmp_path / "thesis.md", "# Lab journals of others\n")
    (tmp_path / "link.md").symlink_to(tmp_path / "thesis.md")
    for name, why in (("thesis.md", "is no lab journal"), ("link.md", "not a plain file"), ("no/x.md", "no folder")):
        with pytest.raises(InputError, match=why):
            write_journal(entries, tmp_path / name)
    assert (tmp_path / "thesis.md").read_text() == "# Lab journals of others\n"


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30), st.text(max_size=30), st.sampled_from(["line", "points"]))
def test_any_numbers_make_a_drawing_inside_its_frame(
    points: list[tuple[object, object]], name: str, style: str
) -> None:
    xs = [0 if x is None else x for x, _ in points]
    series = Series(name, xs, [y for _, y in points], style=style)  # type: ignore[arg-type]
    found = svg(Figure(name, name, [series, series], 0.9, [(name, 0.5)]))
    root = ElementTree.fromstring(found)
    for element in root.iter():
        for key in ("x", "y", "cx", "cy", "x1", "y2"):
            if key in element.attrib:
                assert -310 <= float(element.attrib[key]) <= 1000, element.attrib
        for pair in element.attrib.get("points", "").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= 680 and -310 <= y <= 610
    assert "nan" not in found.replace(name, "") or "nan" in name
