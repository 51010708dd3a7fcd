"""One element of an XML document as the cells of a row: `<a><b c="1">x</b></a>` has the columns `b.c` and `b`.

Only the element itself is parsed, never a document type: there are no entities to expand, and nothing to fetch.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast
from xml.parsers import expat

from core.reviews.formats.table import UNDECODABLE
from core.reviews.formats.xml_survey import local

_MAX_DEPTH = 50
_STAND_IN = "\ufdd0"
"""Stands for undecodable bytes while an element is parsed. It is no character, and XML allows it."""
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:([A-Za-z]\w{0,30});)?")
_LESS = re.compile(r"<(?![A-Za-z_/!?])")
_DATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_BREAK = re.compile(r"<br\s*>", re.IGNORECASE)
_BLOCKS = frozenset("p br div li para paragraph".split())
"""Elements whose text belongs to the text around them."""
_INLINE = frozenset("b i u s em strong a span small big sub sup q font tt mark".split()) | _BLOCKS
"""Elements whose text does if there is other text beside them."""


class BrokenXmlError(Exception):
    """Raised when an element is not well-formed; the message says why."""


@dataclass(eq=False)
class _Element:
    name: str
    attributes: dict[str, str]
    content: list[str | _Element] = field(default_factory=list)

    def apart(self) -> tuple[str, list[_Element]]:
        """Return its text, with that of the elements that belong to it, and the elements with cells of their own.

        Paragraphs and line breaks belong to it, and words that are set apart in a text.
        """
        elements = [one for one in self.content if isinstance(one, _Element)]
        if not elements:
            return "".join(cast(list[str], self.content)), elements
        mixed = any(isinstance(one, str) and not one.isspace() for one in self.content)
        names = _INLINE if mixed else _BLOCKS
        inline = {
            id(one): text for one in elements if one.name.casefold() in names and (text := one._only_text()) is not None
        }
        pieces = list[str]()
        for one in self.content:
            if isinstance(one, str):
                pieces.append(one)
            elif id(one) in inline:
                pieces += ["\n" * (one.name.casefold() in _BLOCKS), inline[id(one)]]
        return "".join(pieces), [one for one in elements if id(one) not in inline]

    def _only_text(self) -> str | None:
        """Return its text if it has nothing else; otherwise None."""
        text, children = self.apart()
        return None if children else text


def cells_of(text: str, double: Collection[str] = (), fields: Collection[str] = ()) -> dict[str, Any]:
    """Return the cells of an element: texts, and lists of texts where a name repeats.

    Ampersands and less-than signs that were written as they are, and names of characters from HTML, are understood.

    Args:
        text: The element, from its opening tag to its closing tag.
        double: Names that keep their prefixes; see `Records`.
        fields: Elements whose only attribute names a column.

    Raises:
        BrokenXmlError: It is not well-formed.
    """
    root = _parsed(text)
    found: dict[str, list[str]] = {}
    _open(root, "", found, double, fields)
    return {name: values[0] if len(set(values)) == 1 else values for name, values in found.items()}


def _parsed(text: str) -> _Element:
    stack = [_Element("", {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > _MAX_DEPTH:
            raise BrokenXmlError("nested too deeply")
        element = _Element(name, attributes)
        stack[-1].content.append(element)
        stack.append(element)

    def end(_: str) -> None:
        stack.pop()

    def data(text: str) -> None:
        stack[-1].content.append(text)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    try:
        parser.Parse(_mended(text.replace(UNDECODABLE, _STAND_IN)), True)
    except expat.ExpatError as error:
        raise BrokenXmlError(expat.ErrorString(error.code)) from None
    except UnicodeEncodeError:
        raise BrokenXmlError("not Unicode") from None
    return next(one for one in stack[0].content if isinstance(one, _Element))


def _mended(text: str) -> str:
    """Return an element with what stands for itself in it escaped, outside of CDATA."""
    if _BREAK.search(text):
        text = _BREAK.sub("<br/>", text)
    if "&" not in text and _LESS.search(text) is None:
        return text
    pieces = _DATA.split(text)
    pieces[::2] = [_LESS.sub("&lt;", _REFERENCE.sub(_referred, piece)) for piece in pieces[::2]]
    return "".join(pieces)


def _referred(match: re.Match[str]) -> str:
    name = match[1]
    meant = html.unescape(f"&{name};") if name else ""
    return html.escape(meant) if meant and meant != f"&{name};" else f"&amp;{match[0][1:]}"


def _open(
    element: _Element, path: str, found: dict[str, list[str]], double: Collection[str], fields: Collection[str]
) -> None:
    attributes = element.attributes and {
        key: value for key, value in element.attributes.items() if not key.startswith(("xmlns", "xsi:", "xml:"))
    }
    text, children = element.apart()
    text = text.strip()
    if path and element.name in fields and len(attributes) == 1:
        above, named = path.rpartition(".")[0], next(iter(attributes.values()))
        path, attributes = f"{above}.{named}" if above else named, {}
    if text or not (attributes or children):
        found.setdefault(path or _name(element.name, double), []).append(text.replace(_STAND_IN, UNDECODABLE))
    for key, value in attributes.items():
        column = f"{path}.{local(key)}" if path else local(key)
        found.setdefault(column, []).append(value.replace(_STAND_IN, UNDECODABLE))
    for child in children:
        name = _name(child.name, double)
        _open(child, f"{path}.{name}" if path else name, found, double, fields)


def _name(name: str, double: Collection[str]) -> str:
    return name if local(name) in double else local(name)
