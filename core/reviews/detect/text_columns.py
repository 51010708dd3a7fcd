"""Which column is the review and which its title: every column is scored, with a reason.

Names count most, then whether the values are sentences. Descriptions of products, replies of shops, addresses, links,
lists of tags, fragments of JSON and columns that always say the same are no reviews.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.reviews.detect.counting import Facts
from core.reviews.detect.names import CLASS_NAMES, LABEL_NAMES, RATING_NAMES, TEXT_NAMES, TITLE_NAMES, words_of

JOINED = " + "
"""Between the names of two columns that are one text."""
_TELLING = frozenset(
    "review reviews text comment comments feedback opinion opinions verbatim body content message sentence tweet "
    "bewertung rezension kommentar commentaire avis reseña comentario comentarios recensione commento avaliacao "
    "words remark remarks recenzja opinia отзыв текст комментарий".split()
)
_UNSPACED = re.compile("评论|评价|内容|評論|レビュー|本文|コメント|리뷰|내용|댓글")
"""Such words in languages that set no blanks between them."""
_OTHERS = frozenset(
    "product item business developer company shop store seller reply replies response responses owner author user "
    "reviewer username name url urls link links category categories tag tags keyword keywords genre genres address "
    "location city country language source model brand manufacturer plot synopsis system meta metadata spec specs "
    "specification specifications features instruction instructions ingredients answer assistant attributes images "
    "image photo photos firm host neighborhood reason".split()
)
_HALVES = (
    ("pros", "cons"), ("positive review", "negative review"), ("positives", "negatives"), ("positive", "negative"),
    ("liked", "disliked"), ("likes", "dislikes"), ("like", "dislike"), ("advantages", "disadvantages"),
    ("strengths", "weaknesses"), ("good", "bad"), ("the good", "the bad"), ("best", "worst"), ("benefits", "drawbacks"),
    ("like best", "like least"), ("like most", "like least"), ("what did you like", "what did you dislike"),
    ("what do you like", "what do you dislike"), ("vorteile", "nachteile"), ("avantages", "inconvénients"),
    ("points positifs", "points négatifs"), ("ventajas", "desventajas"), ("pregi", "difetti"), ("vantagens",
    "desvantagens"),
    ("positive comments", "negative comments"), ("positive feedback", "negative feedback"),
    ("liked review", "disliked review"), ("плюсы", "минусы"), ("достоинства", "недостатки"), ("zalety", "wady"),
)  # fmt: skip
"""The two halves of a review, as forms ask for them: praise and blame."""
_PRAISE = frozenset(
    "like liked likes best pros positive positives good advantages strengths love loved enjoy enjoyed".split()
)
_BLAME = frozenset(
    "dislike disliked dislikes worst least cons negative negatives bad disadvantages weaknesses hate improve improved "
    "improvements missing".split()
)
"""Words in the names of such columns, if they are asked in other words."""
_SENTENCE = 15
"""Characters of a short sentence."""
_ENOUGH, _LOW_VARIETY = 20, 0.2
"""Rows from which on it tells something that values repeat, and the share of different ones below which they do."""
_REPEATED = -55.0
_SENTENCES, _SHORT, _CONSTANT, _WRONG_KIND, _NOTHING = 30.0, 5.0, -30.0, -45.0, -80.0
_LEAST = 0.0
CLOSE = 15.0
"""Columns whose scores differ by less could be taken for one another."""


@dataclass(frozen=True)
class Scored:
    """A column that could play a role."""

    facts: Facts
    score: float
    why: str

    @property
    def name(self) -> str:
        return self.facts.name


def rank_texts(columns: Sequence[Facts]) -> list[Scored]:
    """Return the columns that could be the review, the best first. The order of `columns` does not matter."""
    scored = [_score_text(column) for column in columns]
    good = [one for one in scored if one.score > _LEAST]
    named = [one for one in scored if one.facts.key in TEXT_NAMES and not one.facts.names_files]
    words = [one for one in scored if one.facts.kind in ("text", "other", "category") and one.score >= -90.0]
    return sorted(good or named or words, key=lambda one: (-one.score, one.name))


def _score_text(column: Facts) -> Scored:
    by_name, name_says = _text_name(column)
    kind, score = column.kind, by_name
    if kind == "text":
        score += _SENTENCES + min(math.log2(max(column.mean_length, 1.0)), 10.0)
    elif kind in ("other", "category"):
        again = kind == "category" and column.rows >= _ENOUGH and column.variety < _LOW_VARIETY
        score += _SHORT if kind == "other" else _REPEATED if again else 0.0
    else:
        score += _WRONG_KIND if kind in ("number", "boolean", "date") else _NOTHING
    if column.is_constant:
        score += _CONSTANT if by_name > 0 else _NOTHING
    if column.names_files:
        score += _NOTHING * 2
    if column.lists_tags:
        score -= 40.0
    if column.rows >= _ENOUGH and column.variety < _LOW_VARIETY and kind == "text":
        score -= 25.0
    values_say = {"text": f"texts of {column.mean_length:.0f} characters on average"}.get(
        kind, f"short values ({kind})"
    )
    return Scored(column, score, ", ".join(part for part in (name_says, values_say) if part))


def _text_name(column: Facts) -> tuple[float, str]:
    last = column.words[-1] if column.words else ""
    if "." in column.name and column.last in ("user", "human"):
        return 50.0, "what the user says"
    known = next((key for key in (column.key, column.last) if key in TEXT_NAMES), None)
    score, why = 0.0, ""
    if known is not None:
        score, why = 60.0 - 0.5 * TEXT_NAMES.index(known), "named like a review"
    elif column.key in TITLE_NAMES or column.last in TITLE_NAMES:
        return -25.0, "named like a title"
    elif any(word in _TELLING for word in words_of(column.name.rpartition(".")[2])) or _UNSPACED.search(column.name):
        score, why = 40.0, "named like a review"
    elif column.key in (*LABEL_NAMES, *RATING_NAMES, *CLASS_NAMES):
        return -40.0, "named like a label"
    others = [word for word in column.words if word in _OTHERS]
    reviewed = last in _TELLING and not {"response", "reply", "developer", "owner", "answer"} & set(column.words)
    if others and not reviewed:
        return score - 60.0, f"named as of a {others[0]}"
    if "user" in column.words and last == "user":
        return score - 60.0, "named as of a user"
    return score, why


def halves_of(columns: Sequence[Facts]) -> tuple[Facts, Facts] | None:
    """Return the columns that hold the two halves of reviews, praise first, if there are such."""
    by_words = {" ".join(words): column for column in columns for words in (column.words, _last_words(column))}
    for first, second in _HALVES:
        pair = [next((c for w, c in sorted(by_words.items()) if w == half), None) for half in (first, second)]
        if pair[0] is not None and pair[1] is not None and all(_is_half(one) for one in pair if one is not None):
            return pair[0], pair[1]
    praise = [c for c in columns if _is_half(c) and _PRAISE & set(c.words) and not _BLAME & set(c.words)]
    blame = [c for c in columns if _is_half(c) and _BLAME & set(c.words)]
    if len(praise) == len(blame) == 1 and min(praise[0].mean_length, blame[0].mean_length) >= _SENTENCE:
        return praise[0], blame[0]
    return None


def _last_words(column: Facts) -> tuple[str, ...]:
    fillers = ("what", "did", "you", "do", "the", "review", "text", "customer", "guest")
    return tuple(word for word in column.words if word not in fillers) or column.words


def _is_half(column: Facts) -> bool:
    return column.kind in ("text", "other", "category") and column.mean_length >= 8 and not column.is_constant


_TITLES_OF_REVIEWS = ("summary", "reviewtitle", "reviewsummary", "reviewheadline", "headline")
"""Titles that are not those of products, however often they repeat: many reviews are called “Five stars”."""


def rank_titles(columns: Sequence[Facts]) -> list[Scored]:
    """Return the columns that could be the title of a review, the best first."""
    found = []
    for column in columns:
        known = next((key for key in (column.key, column.last) if key in TITLE_NAMES), None)
        if known is None or column.kind in ("number", "date", "boolean", "nested", "empty"):
            continue
        rank = -float(TITLE_NAMES.index(known))
        parents = column.words[: -len(known)] if "." in column.name else ()
        if any(word in _OTHERS for word in parents):
            continue
        repeats = column.rows >= 10 and column.variety < 0.5 and column.key not in _TITLES_OF_REVIEWS
        if column.is_constant or repeats:
            found.append(Scored(column, rank - 100.0, "named like a title, but the same again and again"))
        else:
            found.append(Scored(column, rank, "named like a title"))
    return sorted(found, key=lambda one: (-one.score, one.name))
