"""A terminal's screens as one animated SVG: no script, no font of its own, and small enough for a README.

Each line of the screen is a strip: what it shows in the course of time stands below each other, once, and CSS moves the
strip in steps behind a window of one line. Lines that are the same anywhere are defined once and used again. Braille
patterns, of which charts are made, are drawn as dots, because few fonts have them in the right width. Where animations
are switched off, the last screen is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

CELL, LINE, SIZE = 8.4, 17, 14
"""Width and height of a cell, and of the type, in units of the picture."""
_MARGIN = 10
_BRAILLE = range(0x2800, 0x2900)
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of each bit of a Braille pattern."""

Screen = Sequence[Sequence[Segment]]
"""The lines of a screen from top to bottom."""


@dataclass
class _Parts:
    """What is defined once: styles of text, and lines."""

    styles: dict[str, str] = field(default_factory=dict)
    """CSS → name of its class."""
    lines: dict[str, str] = field(default_factory=dict)
    """Content of a line → its id."""

    def style(self, css: str) -> str:
        return self.styles.setdefault(css, f"s{len(self.styles)}")

    def line(self, content: str) -> str:
        return self.lines.setdefault(content, f"l{len(self.lines)}")


def animated(screens: Sequence[Screen], seconds: Sequence[float], background: str, title: str) -> str:
    """Return an SVG that shows screens of the same size one after the other, in a loop.

    Args:
        screens: At least one.
        seconds: How long each is shown.
        background: The colour behind everything, as `#rrggbb`.
        title: What is shown, for those who cannot see it.
    """
    columns = max(sum(cell_len(one.text) for one in line) for line in screens[0])
    rows = len(screens[0])
    parts = _Parts()
    drawn = [[parts.line(_line(line, parts, background)) for line in screen] for screen in screens]
    starts = [sum(seconds[:number]) / sum(seconds) for number in range(len(seconds))]
    strips, rules = [], []
    for row in range(rows):
        strip, rule = _strip(row, [screen[row] for screen in drawn], starts, sum(seconds))
        strips.append(strip)
        rules.append(rule)
    width, height = columns * CELL + 2 * _MARGIN, rows * LINE + 2 * _MARGIN
    styles = "".join(f".{name}{{{css}}}" for css, name in parts.styles.items())
    defined = "".join(f'<g id="{id}">{content}</g>' for content, id in parts.lines.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}" role="img">'
        f"<title>{escape(title)}</title><style>text{{font:{SIZE}px Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"white-space:pre}}path{{stroke-width:2.1;stroke-linecap:round;fill:none}}{styles}{''.join(rules)}"
        f"@media(prefers-reduced-motion:reduce){{g{{animation:none!important}}}}</style><defs>{defined}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="{background}"/>'
        f'<svg x="{_MARGIN}" y="{_MARGIN}">{"".join(strips)}</svg></svg>\n'
    )


def _strip(row: int, lines: Sequence[str], starts: Sequence[float], seconds: float) -> tuple[str, str]:
    """Return the strip of a line of the screen, and the CSS that moves it; none if it never changes."""
    places = {id: place for place, id in enumerate(dict.fromkeys(lines))}
    uses = "".join(f'<use href="#{id}" y="{place * LINE}"/>' for id, place in places.items())
    window = f'<svg y="{row * LINE}" width="100%" height="{LINE}">'
    if len(places) == 1:
        return f"{window}{uses}</svg>", ""
    steps, before = [], ""
    for id, start in zip(lines, starts, strict=True):
        if id != before:
            steps.append(f"{_number(100 * start)}%{{transform:translateY({-places[id] * LINE}px)}}")
        before = id
    last = f"translateY({-places[lines[-1]] * LINE}px)"
    rule = f"@keyframes k{row}{{{''.join(steps)}}}"
    rule += f".r{row}{{transform:{last};animation:k{row} {_number(seconds)}s step-end infinite}}"
    return f'{window}<g class="r{row}">{uses}</g></svg>', rule


def _line(segments: Sequence[Segment], parts: _Parts, background: str) -> str:
    """Return the content of a line: backgrounds, then text, then dots."""
    behind, text, dots = [], [], []
    column = 0
    for segment in segments:
        style, width = segment.style or Style(), cell_len(segment.text)
        colour, back = _colours(style, background)
        if back != background:
            behind.append(
                f'<rect x="{_number(column * CELL)}" width="{_number(width * CELL)}" height="{LINE}" fill="{back}"/>'
            )
        css = f"fill:{colour}" + (";font-weight:700" if style.bold else "") + (";opacity:.6" if style.dim else "")
        for start, word in _words(segment.text):
            at = column + cell_len(segment.text[:start])
            if ord(word[0]) in _BRAILLE:
                dots.append(f'<path class="{parts.style(f"stroke:{colour}")}" d="{_dotted(at, word)}"/>')
            else:
                length = _number(cell_len(word) * CELL)
                text.append(
                    f'<text class="{parts.style(css)}" x="{_number(at * CELL)}" y="{SIZE}" textLength="{length}" '
                    f'lengthAdjust="spacingAndGlyphs">{escape(word, quote=False)}</text>'
                )
        column += width
    return "".join([*behind, *text, *dots])


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a text with their places: patterns of dots, and what is between two and more blanks."""
    begun = 0
    while begun < len(text):
        dotted = ord(text[begun]) in _BRAILLE
        end = begun
        while end < len(text) and (ord(text[end]) in _BRAILLE) == dotted and text[end : end + 2] != "  ":
            end += 1
        word = text[begun:end]
        if word.strip(" ⠀"):
            yield begun + len(word) - len(word.lstrip(" ")), word.strip(" ")
        begun = end
        while begun < len(text) and text[begun] == " ":
            begun += 1


def _dotted(column: int, patterns: str) -> str:
    """Return a path with a line of no length, whose round ends are a dot, for each dot of Braille patterns."""
    steps, x, y = [], 0.0, 0.0
    for offset, pattern in enumerate(patterns):
        for bit, (across, down) in enumerate(_DOTS):
            if (ord(pattern) - _BRAILLE.start) >> bit & 1:
                to_x = (column + offset + 0.25 + across / 2) * CELL
                to_y = (0.125 + down / 4) * LINE
                steps.append(f"m{_number(to_x - x)} {_number(to_y - y)}h0")
                x, y = x + float(_number(to_x - x)), y + float(_number(to_y - y))
    return "".join(steps)


def _colours(style: Style, background: str) -> tuple[str, str]:
    """Return the colours of text and of what is behind it."""
    colour = _hex(style.color.get_truecolor()) if style.color is not None else "#e0e0e0"
    back = _hex(style.bgcolor.get_truecolor()) if style.bgcolor is not None else background
    return (back, colour) if style.reverse else (colour, back)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _number(value: float) -> str:
    """Return a number with no more than two places after the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
