"""The animation in the README: well-formed, without scripts, and at each moment exactly the screen of that moment."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from docs.animated_svg import CELL, LINE, SIZE, Screen, animated

NAMESPACE = "{http://www.w3.org/2000/svg}"
BACKGROUND = "#101010"
KEPT = Path(__file__).resolve().parent.parent / "docs" / "screenshots" / "demo.svg"
STYLES = [Style(), Style(color="red", bold=True), Style(color="#123456", bgcolor="#654321"), Style(reverse=True)]


def screen(*lines: str) -> Screen:
    return [[Segment(line, Style())] for line in lines]


def shown_at(svg: str, moment: float, columns: int) -> list[str]:
    """The text of every line of the screen at a moment from 0 to 1, dots as `⠿`, read out of the picture."""
    root = ET.fromstring(svg)
    style = root.findtext(f"{NAMESPACE}style") or ""
    lines = {one.attrib["id"]: one for one in root.find(f"{NAMESPACE}defs") or ()}
    strips = root.findall(f"{NAMESPACE}svg/{NAMESPACE}svg")
    found = []
    for row, strip in enumerate(strips):
        assert int(strip.attrib["y"]) == row * LINE
        moved = 0
        if strip.find(f"{NAMESPACE}g") is not None:
            frames = re.search(rf"@keyframes k{row}\{{((?:[\d.]+%{{[^}}]*}})+)\}}", style)
            assert frames is not None
            for share, y in re.findall(r"([\d.]+)%\{transform:translateY\((-?\d+)px\)\}", frames[1]):
                moved = -int(y) if float(share) / 100 <= moment + 1e-9 else moved
        [use] = [one for one in strip.iter(f"{NAMESPACE}use") if int(one.attrib["y"]) == moved]
        found.append(_text_of(lines[use.attrib["href"].removeprefix("#")], columns))
    return found


def _text_of(line: ET.Element, columns: int) -> str:
    cells = [" "] * columns
    for one in line.iter(f"{NAMESPACE}text"):
        at = round(float(one.attrib["x"]) / CELL)
        assert one.attrib["y"] == str(SIZE)
        for offset, character in enumerate(one.text or ""):
            cells[at + offset] = character
    for one in line.iter(f"{NAMESPACE}path"):
        x = 0.0
        for across, _ in re.findall(r"m(-?[\d.]+) (-?[\d.]+)h0", one.attrib["d"]):
            x += float(across)
            cells[int(x / CELL)] = "⠿"
    return "".join(cells)


_LINE = st.text(st.sampled_from("ab <&>\"' ⠁⣿│█]"), min_size=12, max_size=12)


@given(st.lists(st.lists(st.tuples(_LINE, st.sampled_from(STYLES)), min_size=3, max_size=3), min_size=1, max_size=5))
def test_at_each_moment_the_screen_of_that_moment_is_shown(made: list[list[tuple[str, Style]]]) -> None:
    screens = [[[Segment(text[:5], style), Segment(text[5:], Style())] for text, style in lines] for lines in made]
    svg = animated(screens, [1.0] * len(screens), BACKGROUND, "a & b")
    for number, lines in enumerate(made):
        expected = [re.sub("[⠁⣿]", "⠿", text) for text, _ in lines]
        assert shown_at(svg, (number + 0.5) / len(made), 12) == expected


def test_a_line_that_occurs_again_is_defined_once_and_one_that_never_changes_is_not_moved() -> None:
    svg = animated([screen("same", "one ", "two "), screen("same", "two ", "one ")], [1, 1], BACKGROUND, "x")
    assert svg.count(">same<") == svg.count(">one<") == svg.count(">two<") == 1
    assert "k0" not in svg and "k1" in svg and "k2" in svg


def test_each_screen_lasts_as_long_as_it_should() -> None:
    svg = animated([screen("a"), screen("b"), screen("c")], [1.0, 1.0, 2.0], BACKGROUND, "x")
    assert [shown_at(svg, moment, 1)[0] for moment in (0.0, 0.24, 0.26, 0.49, 0.51, 0.99)] == [*"aabbcc"]
    assert "4s step-end infinite" in svg


def test_without_animations_the_last_screen_is_shown() -> None:
    svg = animated([screen("a"), screen("b")], [1, 1], BACKGROUND, "x")
    assert re.search(rf"\.r0\{{transform:translateY\(-{LINE}px\)", svg) and "prefers-reduced-motion" in svg


def test_wide_characters_take_two_cells() -> None:
    svg = animated([screen("漢字 x")], [1], BACKGROUND, "x")
    assert f'textLength="{cell_len("漢字 x") * CELL:g}"' in svg


@pytest.mark.skipif(not KEPT.exists(), reason="`make animation` has not been run")
def test_the_kept_animation_is_small_and_runs_nothing() -> None:
    svg = KEPT.read_text(encoding="utf-8")
    assert len(svg.encode()) < 1_000_000
    names = {one.tag.removeprefix(NAMESPACE) for one in ET.fromstring(svg).iter()}
    assert names <= {"svg", "title", "style", "defs", "g", "rect", "text", "path", "use"}
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|javascript:|url\(", svg)
