"""The hostile corpus: strings that try to steer a terminal, a markup reader, a spreadsheet or a path.

Made systematically: every C0 and C1 character, the seven-bit form of each, every family of sequences with every way to
end it, queries, modes, bidirectional and invisible characters, markup, formulas, paths, and what is merely very long.
Each string begins with a mark of its own, `q017`, so that what is shown of it can be found on a screen or in bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from core.base.text import STEERING, clean_line

ESC, BEL, ST, ST8 = "\x1b", "\x07", "\x1b\\", "\x9c"
STEERS = frozenset(map(chr, STEERING)) | {"\t", "\n"}
"""Characters that no line on a screen may hold."""

_OSC = (
    "0;owned", "1;owned", "2;owned", "4;1;?", "7;file:///etc/passwd", "8;;https://evil.example/", "8;id=1;file:///x",
    "9;pop", "10;?", "11;?", "12;red", "22;wait", "50;?", "52;c;ZXZpbA==", "52;p;?", "104", "133;A", "633;E;rm -rf",
    "777;notify;a;b", "1337;File=inline=1:AAAA", "1337;SetUserVar=a=b", "L owned", "P0000000",
)  # fmt: skip
_STRINGS = {"P": "\x90", "X": "\x98", "^": "\x9e", "_": "\x9f"}
"""DCS, SOS, PM and APC, each with its eight-bit form."""
_INSIDE = ("$q q", "+q544e", "0;0;0q~-", "tmux;\x1b\x1b]52;c;ZXZpbA==\x07", "Ga=T,f=100;AAAA", "$r0m", "evil")
_CSI = (
    "H", "1;1H", "2J", "3J", "J", "K", "2K", "5A", "5B", "5C", "5D", "1G", "1L", "1M", "1P", "1@", "1X", "9b", "1S",
    "1T", "1;5r", "s", "u", "m", "7m", "8m", "31m", "38;5;201;48;5;9m", "0;1;2;3;4;5;6;7;8;9m", "6n", "5n", "?6n", "c",
    ">c", "=c", ">q", "11t", "14t", "18t", "19t", "20t", "21t", "2t", "8;1;1t", "22;0t", "23;0t", "4i", "5i", "4h",
    "20h", "?1h", "?3h", "?5h", "?6h", "?7l", "?9h", "?25l", "?47h", "?1000h", "?1002h", "?1003h", "?1004l", "?1005h",
    "?1006h", "?1015h", "?1016h", "?1047h", "?1048h", "?1049h", "?1049l", "?2004h", "?2004l", "?2026h", "?2026$p",
    "?2027h", "?2048h", "!p", "0 q", "5 q", "62;1\"p", "1\"q", "1$}", ">1u", "<u", "=1;1u", "?u", ">4;2m", "200~",
    "201~", "1;1;1;1;1$x", "?1;2c", "M   ", "<0;1;1M",
)  # fmt: skip
_ESCAPES = ("7", "8", "c", "=", ">", "(0", ")B", "*A", "#3", "#8", "%G", "%@", " F", " G", "n", "o", "|", "}", "~", "l")
_INVISIBLE = (
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2064\u206a\u206f\u3164",
    *"\ufeff\uffa0\ufff9\ufffa\ufffb\ufffc\ufffe\uffff\U0001d173\U000e0001\U000e0020\U000e0041\U000e007f\U000e0100",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f", *map(chr, range(0xFE00, 0xFE10)), "\u2028", "\u2029", "\x85", "\ue000",
)  # fmt: skip
_BIDI = (*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "\u202egnp.exe\u202c", "\u2066\u202e\u2067x\u2069")
_HALVES = ("\ud800", "\udbff", "\udc00", "\udfff", "\udc80", "\udcff", "\udc1b[2J", "\ud83d", "\ude00\ud83d")
_MARKUP = (
    "[bold]x[/bold]", "[bold]x", "[/]", "[/bold]", "[@click=app.quit]x[/]", "[@click=\"app.bell()\"]x", "[link=file:///x]x",
    "[link='https://evil.example']x[/link]", "[red on blue]x", "[$text-error]x", "[#ff0000]x", "[b][i][u]x[/u]",
    "[[x]]", "\\[bold]x", "[", "]", "[]", "[=]", "[a=b c=d]", "[not closed", "[/not open]", "[bold", ":smile:",
    ":bomb: :+1:", "{x}", "{0}", "{0!r:>{1}}", "%s%n%d", "${HOME}", "`id`", "$(id)", "&lt;b&gt;", "<script>x</script>",
    "\\x1b[2J", "\\033[2J", "\\u001b]0;x", "^[[2J", "&#27;[2J", "| a | b |", "![x](http://evil.example/x.png)", "---",
)  # fmt: skip
_CELLS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\")", "\t=1", "\n=1", "\r=1",
    "\r\n=1", "\x00=1", "＝1+1", "＋1", "－1", "＠A1", "'=1",
    "\"=1\"", "\"\"", "a,b", "a;=1", "a\n=1", " =1", "\u200b=1",
)  # fmt: skip
_PATHS = (
    "../../x", "..", ".", "/etc/passwd", "~root", "~", "-rf", "--help", "a/../../b", "a\\b", "C:\\x", "con.csv", "*",
    "?", "a\nb", "a\x00b", "file:///etc/passwd", "hf:../../x", "x" * 300,
)  # fmt: skip
_LONG = (
    "A" * 20_000, "word " * 4_000, " " * 5_000 + "x", "漢" * 10_000, "e" + "\u0301" * 3_000, "\n" * 3_000, "\t" * 1_000,
    "👩‍👩‍👧‍👦" * 500, "\u202e" * 2_000, "\x1b" * 2_000, "\x1b[31m" * 2_000, "a\u0300\u0301\u0302" * 1_000, "[" * 3_000,
)  # fmt: skip


def _sequences() -> Iterator[str]:
    yield from map(chr, (*range(0x20), 0x7F, *range(0x80, 0xA0)))
    yield from (ESC + chr(code) for code in range(0x40, 0x60))
    yield from (ESC + ending for ending in _ESCAPES)
    yield from (f"{begin}{body}{end}" for body in _OSC for begin, end in ((ESC + "]", BEL), (ESC + "]", ST)))
    yield from (f"\x9d{body}{end}" for body in _OSC[:8] for end in (BEL, ST8, ""))
    for number, (final, single) in enumerate(_STRINGS.items()):
        yield from (f"{begin}{body}{end}" for body in _INSIDE for begin, end in ((ESC + final, ST), (single, ST8)))
        yield ESC + final + "unended" * (number + 1)
    yield from (f"{ESC}[{body}" for body in _CSI)
    yield from (f"\x9b{body}" for body in _CSI[::4])
    yield from (f"{ESC}{ESC}[{body}" for body in _CSI[1::16])
    yield from (f"\r{ESC}[1A\rforged: line", "\b\b\b\bover", "a\rb", "\x0e\x0f", "\x05", "\x1a\x18", "\x00" * 3)
    yield from (*_BIDI, *_INVISIBLE, *_HALVES, *_MARKUP, *_PATHS, *_LONG)


def _corpus() -> tuple[str, ...]:
    marked = [f"q{number:03}{sequence}" for number, sequence in enumerate(dict.fromkeys(_sequences()))]
    return (*marked, *(f"{cell}q{len(marked) + number:03}" for number, cell in enumerate(_CELLS)))


CORPUS = _corpus()
SHORT = tuple(text for text in CORPUS if len(text) < 120)
SOUND = tuple(text for text in CORPUS if text.isprintable() or not any("\ud800" <= one <= "\udfff" for one in text))
"""Those that UTF-8 can hold."""
CELLS = CORPUS[-len(_CELLS) :]


def file_names(corpus: Sequence[str] = CORPUS) -> list[str]:
    """Those that can be the name of a file: no slash, no NUL, and not too long; half surrogates stand for bytes."""
    names = []
    for text in corpus:
        try:
            size = len(text.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError:
            continue
        if "/" not in text and "\x00" not in text and size <= 200:
            names.append(text)
    return names


def mark(text: str) -> str:
    """The beginning of what a line shows of `text`, as far as any place has room: its mark and what follows."""
    return clean_line(text)[:6].rstrip()


def steering(text: str) -> set[str]:
    """The characters of a screen's text (lines joined by newlines) that should not be there."""
    return {one for one in text if (one in STEERS and one != "\n") or unicodedata.category(one) in ("Cc", "Cs")} - {
        "\n"
    }
