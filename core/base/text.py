"""The one cleaning function: makes text that came from data safe to show in a terminal.

Review text, labels, column names, file names, model names and log lines may hold escape sequences, C1 controls
and bidirectional overrides, which a terminal obeys. `clean` turns each of those into a visible stand-in, so that
nothing disappears and nothing acts. Markup is not its business: callers show text as text (`Content`, `Text`,
`markup=False`), and brackets stay brackets.
"""

from __future__ import annotations

REPLACEMENT = "�"


def _stand_ins() -> dict[int, str]:
    """Map of code point → what is shown instead.

    C0 (except newline and tab) and DEL use the Unicode control pictures, C1 and the line/paragraph separators a
    hexadecimal tag, bidirectional controls their usual abbreviation, lone surrogates the replacement character.
    """
    table: dict[int, str] = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)}
    table[0x7F] = "␡"
    table.update({code: f"⟨{code:02X}⟩" for code in range(0x80, 0xA0)})
    table.update({0x2028: "⟨LS⟩", 0x2029: "⟨PS⟩", 0xFEFF: "⟨BOM⟩", 0x061C: "⟨ALM⟩", 0x200E: "⟨LRM⟩", 0x200F: "⟨RLM⟩"})
    bidi = {0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO"}
    isolates = {0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI"}
    table.update({code: f"⟨{name}⟩" for code, name in (bidi | isolates).items()})
    table.update(dict.fromkeys(range(55296, 57344), REPLACEMENT))
    table.update({code: f"⟨TAG{code - 0xE0000:02X}⟩" for code in range(0xE0000, 0xE0080)})
    return table


_STAND_INS = _stand_ins()
STEERING = frozenset(_STAND_INS)
"""The code points that `clean` replaces; newlines and tabs, which it keeps, are not among them."""


def clean(text: object) -> str:
    """`text` with every character that could steer a terminal shown as a visible stand-in.

    Newlines and tabs stay; carriage returns before a newline are dropped as the line ending they are. The result
    is stable: `clean(clean(x)) == clean(x)`.
    """
    return str(text).replace("\r\n", "\n").translate(_STAND_INS)


def clean_line(text: object, width: int | None = None) -> str:
    """`clean` text on one line: runs of white space become one space; longer than `width` characters ends in `…`."""
    line = " ".join(clean(text).split())
    if width is not None and len(line) > width:
        return line[: max(width - 1, 0)] + "…"
    return line


_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula; the wide ones where it is set up for Japanese or Chinese."""


def clean_cell(text: object) -> str:
    """`clean` text for a CSV cell: one that begins as a formula does gets an apostrophe, so no spreadsheet runs it.

    Source: OWASP ASVS 1.2.10, and its page on CSV injection.
    """
    cell = clean(text)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
