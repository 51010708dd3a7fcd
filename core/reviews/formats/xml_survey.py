"""Which element of an XML document is a review: found in its first characters, even if they are not well-formed.

The element with the text of a review is known by its name, or by its prose. The review is that element, or the one
around it that holds one such text each time.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.reviews.detect.names import TEXT_NAMES, TITLE_NAMES, plain

ATTRIBUTES = r"""(?P<attributes>(?:"[^"<]*"|'[^'<]*'|[^'"<>])*)"""
_TOKEN = re.compile(
    rf"<!--.*?-->|<!\[CDATA\[(?P<data>.*?)\]\]>|<\?.*?\?>|<![^<>]*>|"
    rf"<(?P<end>/)?(?P<name>[A-Za-z_][\w:.-]*){ATTRIBUTES}>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_PROSE = 3
"""Words that texts have on average, at least, if their name does not say that they are texts."""
_ONE_EACH = 1.2
"""How many elements of a name are in another one on average, at most, if it holds one of them."""
_MAX_DEPTH = 30
_HOLDERS, _HOLDING = 3, 0.02
"""How many elements, and what share of those of a name, must hold others of their name before that is no damage."""
NAMING = ("name", "key")
"""Attributes that may name a column."""
_PARAGRAPHS = frozenset(("p", "para", "paragraph", "line", "br", "div"))
Path = tuple[str, ...]


@dataclass
class _Seen:
    """What is known about the elements of a path, or about one of their attributes."""

    count: int = 0
    parents: set[int] = field(default_factory=set)
    """The elements that they are in, by number."""
    words: int = 0
    filled: int = 0
    """How many have text of their own."""


@dataclass(frozen=True)
class Records:
    """Where the reviews of a document are."""

    name: str
    """The element that is a review."""
    above: tuple[str, ...]
    """The elements around it, the outermost first."""
    groups: frozenset[str]
    """Elements at one place around it that have different names: they may be the classes."""
    nests: bool
    """Whether it also stands inside itself."""
    text: tuple[str, ...]
    """The path, below the element, of the text if a review has one; empty if it may have several."""
    others: tuple[str, ...]
    """Other elements that repeat, by which the document could be read."""
    outside: tuple[str, ...]
    """Elements with text that are in none of the reviews."""
    double: frozenset[str]
    """Names that occur with and without a prefix, or with several."""
    fields: frozenset[str]
    """Elements whose only attribute names a column: `<field name="text">…</field>`."""


def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]


def attributes_of(text: str) -> dict[str, str]:
    """Return the attributes in a tag, without declarations of namespaces."""
    found = {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}
    return {name: value for name, value in found.items() if not name.startswith(("xmlns", "xsi:", "xml:"))}


def find_records(head: str, wanted: str | None = None) -> Records | None:
    """Return where the reviews are in a document that starts with `head`; None if no element repeats.

    Args:
        wanted: The name of the element to read, if the user named one; it may be unknown.
    """
    survey = _Survey(head)
    seen = survey.seen
    if wanted is not None:
        paths = [path for path in seen if wanted in (path[-1], local(path[-1]))]
        return _records(survey, max(paths, key=lambda path: (seen[path].count, -len(path))), ()) if paths else None
    best = _best_text(seen, survey.attributes)
    if best is None:
        return None
    path, of_element = best
    record = _record_of(seen, path) if of_element else path if seen[path].count > 1 else None
    if record is None or record[-1] not in survey.tags:
        return None
    return _records(survey, record, path[len(record) :] if of_element else ())


def element_names(head: str) -> list[str]:
    """Return the names of the elements that repeat, the most frequent first."""
    counts: Counter[str] = Counter()
    survey = _Survey(head)
    for path, found in survey.seen.items():
        if path[-1] in survey.tags:
            counts[path[-1]] += found.count
    return [name for name, count in counts.most_common() if count > 1]


class _Survey:
    """What the elements of a document are.

    Attributes:
        seen: What is known about the elements of each path. Those that name a column stand under that name.
        attributes: The same about each attribute of a path.
        tags: The names of the elements.
        fields: The names of those that name a column.
        nesting: The names of those that also stand inside themselves.
    """

    def __init__(self, head: str) -> None:
        self.tags: set[str] = set()
        self.fields = frozenset(_fields(head))
        self.nesting = frozenset(_nesting(head))
        self.seen: dict[Path, _Seen] = defaultdict(_Seen)
        self.attributes: dict[tuple[Path, str], _Seen] = defaultdict(_Seen)
        stack: list[tuple[str, str, int]] = []
        number = last = 0
        for token in _TOKEN.finditer(head):
            text = head[last : token.start()] + (token["data"] or "")
            last = token.end()
            if stack and (words := len(text.split())):
                self._fill(self.seen[tuple(name for _, name, _ in stack)], words)
            tag = token["name"]
            if tag is None:
                continue
            if token["end"]:
                tags = [one for one, _, _ in stack]
                if tag in tags:
                    del stack[len(tags) - 1 - tags[::-1].index(tag) :]
                continue
            number += 1
            self.tags.add(tag)
            if tag not in self.nesting and tag in (tags := [one for one, _, _ in stack]):
                del stack[tags.index(tag) :]  # its end is missing
            attributes = attributes_of(token["attributes"])
            name = next(iter(attributes.values()), tag) if tag in self.fields else tag
            path = (*(one for _, one, _ in stack), name)
            self.seen[path].count += 1
            self.seen[path].parents.add(stack[-1][2] if stack else 0)
            for key, value in attributes.items() if tag not in self.fields else ():
                self.attributes[(path, key)].count += 1
                self._fill(self.attributes[(path, key)], len(value.split()))
            if not token["attributes"].endswith("/") and len(stack) < _MAX_DEPTH:
                stack.append((tag, name, number))

    def _fill(self, found: _Seen, words: int) -> None:
        found.words, found.filled = found.words + words, found.filled + 1


def _nesting(head: str) -> Iterator[str]:
    """Yield the names of elements that stand inside themselves: in several, or in the root right at its start.

    All others that seem to do so stand in one, of which the end is missing.
    """
    holders: dict[str, set[int]] = defaultdict(set)
    counts: Counter[str] = Counter()
    stack: list[tuple[str, int]] = []
    for number, token in enumerate(_TOKEN.finditer(head)):
        tag = token["name"]
        if tag is None:
            continue
        tags = [one for one, _ in stack]
        if token["end"]:
            if tag in tags:
                del stack[len(tags) - 1 - tags[::-1].index(tag) :]
            continue
        counts[tag] += 1
        if tag in tags:
            holders[tag].add(stack[tags.index(tag)][1])
            if tags == [tag] and not head[_end_of(head, tag) : token.start()].strip():
                yield tag
        if not token["attributes"].endswith("/") and len(stack) < _MAX_DEPTH:
            stack.append((tag, number))
    yield from (tag for tag, found in holders.items() if len(found) >= max(_HOLDERS, counts[tag] * _HOLDING))


def _end_of(head: str, tag: str) -> int:
    """Return where the first opening tag of a name ends."""
    return head.find(">", head.find(f"<{tag}")) + 1


def _fields(head: str) -> Iterator[str]:
    """Yield the names of elements whose only attribute takes few values, as if it named a column."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for token in _TOKEN.finditer(head):
        if token["name"] is not None and not token["end"]:
            attributes = attributes_of(token["attributes"])
            fits = len(attributes) == 1 and next(iter(attributes)) in NAMING
            if attributes:
                values[token["name"]][next(iter(attributes.values())) if fits else ""] += 1
    yield from (tag for tag, named in values.items() if "" not in named and 2 * len(named) <= named.total())


def _best_text(seen: dict[Path, _Seen], attributes: dict[tuple[Path, str], _Seen]) -> tuple[Path, bool] | None:
    """Return the path of the text of a review, and whether it is an element and not one of its attributes."""
    ranked = [(_rank(path[-1], found, path), path, True) for path, found in seen.items()]
    ranked += [(_rank(name, found, (*path, name)), path, False) for (path, name), found in attributes.items()]
    likely = [(rank, path, of_element) for rank, path, of_element in ranked if rank[0]]
    if not likely:
        return None
    _, path, of_element = max(likely, key=lambda one: (one[0], one[2], tuple(map(len, one[1]))))
    return path, of_element


def _rank(name: str, found: _Seen, path: Path) -> tuple[int, bool, int]:
    """Return how much an element or attribute looks like the text of a review; 0 first if it does not."""
    average = found.words / max(found.filled, 1)
    key = plain(local(name))
    if found.filled < 2 or average <= 1 or (key in TITLE_NAMES and average < 2 * _PROSE):
        return 0, False, 0
    known = 2 if key in TEXT_NAMES else 1 if average >= _PROSE else 0
    return known, any("review" in plain(one) for one in path[-3:]), found.words


def _record_of(seen: dict[Path, _Seen], text: Path) -> Path | None:
    """Return the path of the element that is a review with its text at `text`."""
    above = text[:-1]
    each = seen[text].count / max(len(seen[text].parents), 1)
    if above in seen and seen[above].count > 1 and (each <= _ONE_EACH or local(text[-1]).casefold() in _PARAGRAPHS):
        record = above
    elif seen[text].count > 1:
        return text
    else:
        return None
    while len(record) > 1 and seen[record[:-1]].count > 1:
        if seen[record].count > _ONE_EACH * len(seen[record].parents):
            break
        record = record[:-1]
    return record


def _records(survey: _Survey, record: Path, text: Path) -> Records:
    seen, name = survey.seen, record[-1]
    alike = [path for path in seen if len(path) == len(record) and path[-1] == name]
    levels = [{path[level] for path in alike} for level in range(len(record) - 1)]
    groups = next((frozenset(names) for names in reversed(levels) if len(names) > 1), frozenset())
    inside = [path for path in seen if any(path[: len(one)] == one for one in alike)]
    full = {path[:-1] for path in seen} | {path for path, _ in survey.attributes}
    others = Counter({path[-1]: seen[path].count for path in full if path in seen and seen[path].count > 1})
    leaf = seen.get((*record, *text))
    single = leaf is not None and bool(text) and leaf.count <= _ONE_EACH * len(leaf.parents)
    names = {path[-1] for path in inside}
    double = Counter(local(one) for one in names)
    return Records(
        name=name,
        above=record[:-1],
        groups=groups,
        nests=any(path.count(name) > record.count(name) for path in inside) and name in survey.nesting,
        text=text if single else (),
        others=tuple(one for one, _ in others.most_common() if one != name and one in survey.tags),
        outside=tuple(dict.fromkeys(_outside(seen, inside))),
        double=frozenset(one for one, count in double.items() if count > 1),
        fields=survey.fields,
    )


def _outside(seen: dict[Path, _Seen], inside: list[Path]) -> Iterator[str]:
    known = set(inside)
    yield from (".".join(path[-2:]) for path, found in seen.items() if found.filled and path not in known)
