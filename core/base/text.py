"""Makes text that comes from data safe to show in a terminal.

Review texts, labels, column names, file names, model names and log lines may contain escape sequences, C1 controls and
bidirectional overrides, which a terminal obeys. `clean` replaces each of them by something visible, so that nothing
disappears and nothing acts. It does not escape markup: callers show plain text (`Content`, `Text`, `markup=False`).
"""

from __future__ import annotations

REPLACEMENT = "�"


def _stand_ins() -> dict[int, str]:
    """Return code point → what to show instead.

    C0 controls (except newline and tab) and DEL become the Unicode control pictures, C1 controls a hexadecimal tag,
    separators and bidirectional controls their usual abbreviation, lone surrogates the replacement character.
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
"""The code points that `clean` replaces. It keeps newlines and tabs."""


def clean(text: object) -> str:
    """Return `text` with every character that could control a terminal replaced by something visible.

    Newlines and tabs stay; `\\r\\n` becomes `\\n`. The result is stable: `clean(clean(x)) == clean(x)`.
    """
    return str(text).replace("\r\n", "\n").translate(_STAND_INS)


def clean_line(text: object, width: int | None = None) -> str:
    """Return `clean` text on one line, with white space collapsed; text longer than `width` is cut and ends in `…`."""
    line = " ".join(clean(text).split())
    if width is not None and len(line) > width:
        return line[: max(width - 1, 0)] + "…"
    return line


_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""What starts a formula in a spreadsheet; the full-width signs do in Japanese and Chinese versions."""


def clean_cell(text: object) -> str:
    """Return `clean` text for a CSV cell; a cell that starts like a formula gets an apostrophe, so that none is run.

    One that has apostrophes before such a start gets another, so that `original_cell` can take exactly one off.

    Source: OWASP ASVS 1.2.10, and its page on CSV injection.
    """
    cell = clean(text)
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def original_cell(cell: str) -> str:
    """Return the text of which `clean_cell` made `cell`, but for what `clean` replaces."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell
