"""The vocabulary of review files: names of columns. What values say is in `words` and `ratings`.

Only the letters and digits of names are compared, so `Review Text`, `review_text` and `reviewText` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from core.reviews.detect.ratings import rating_of
from core.reviews.detect.words import SENTIMENT_RANKS, TRUTH_VALUES

__all__ = [
    "CLASS_NAMES", "LABEL_NAMES", "RATING_NAMES", "SENTIMENT_RANKS", "TEXT_NAMES", "TITLE_NAMES", "TRUTH_VALUES",
    "is_date", "is_known_name", "is_never_a_label", "is_number", "is_rating_name", "is_truth_value", "number_of",
    "numbers_columns", "plain", "stars_of",
    "words_of",
]  # fmt: skip

TEXT_NAMES = (
    "reviewtext", "reviewbody", "reviewcontent", "reviewcomment", "reviewcomments", "review", "reviews", "text",
    "content", "body", "comment", "comments", "sentence", "message", "feedback", "opinion", "verbatim", "tweet",
    "document", "phrase", "customerreview", "userreview", "textreview", "cleantext", "cleancomment",
    "reviewdescription",
    "description", "prompt", "input",
    "bewertungstext", "rezension", "kommentar", "avis", "commentaire", "commentaires", "texte", "texto", "reseña",
    "comentario", "comentarios", "opiniones", "recensione", "commento", "testo", "avaliacao", "comentário",
    "beoordeling",
    "recenzja", "opinia", "отзыв", "комментарий", "текст", "yorum", "评论", "评价", "内容", "評論", "レビュー", "本文",
    "コメント", "口コミ", "クチコミ", "리뷰", "내용", "댓글", "후기", "تعليق", "مراجعة", "评论内容",
    "anmeldelse", "kommentti", "κριτική", "σχόλιο", "समीक्षा", "टिप्पणी", "รีวิว", "bìnhluận", "nộidung", "ulasan",
    "komentar", "teks", "ביקורת", "טקסט", "відгук", "коментар", "نظر", "متن", "recenzie", "comentariu", "recensie",
)  # fmt: skip
TITLE_NAMES = (
    "summary", "reviewtitle", "reviewsummary", "reviewheadline", "title", "headline", "subject", "heading", "titel",
    "titre", "titolo", "título", "titulo", "betreff", "标题", "タイトル", "제목", "заголовок",
)  # fmt: skip
LABEL_NAMES = (
    "ispositive", "label", "labels", "sentiment", "sentimentlabel", "labelname", "labeltext", "polarity", "positive",
    "isnegative", "recommendedind", "recommended", "recommend", "recommends", "recommendation", "isrecommended",
    "wouldrecommend", "liked", "target", "airlinesentiment", "reviewsentiment", "gold", "goldlabel",
    "classindex", "classlabel", "labelid", "verdict", "choices", "choice", "sentimiento", "stimmung", "情感", "标签",
    "sentimento", "sentimen", "sentyment", "tonalität", "tonalité", "тональность", "тональність", "情绪", "极性",
    "感情", "極性", "감성", "감정", "भावना", "احساس", "المشاعر", "סנטימנט", "συναίσθημα", "duygu", "nhãn",
)  # fmt: skip
RATING_NAMES = (
    "rating", "ratings", "stars", "star", "starrating", "reviewrating", "reviewstars", "overall", "overallrating",
    "score", "reviewscore", "reviewsrating", "reviewerscore", "userrating", "userscore", "nps", "npsscore",
    "bewertung", "sterne", "note", "notes", "étoiles", "etoiles", "calificación", "calificacion", "puntuación",
    "puntuacion", "valoración", "valoracion", "estrellas", "voto", "valutazione", "punteggio", "stelle", "nota",
    "avaliação", "estrelas", "ocena", "оценка", "рейтинг", "puan", "评分", "星级", "評価", "星",
    "평점", "별점", "تقييم", "wertung", "gesamtbewertung", "zufriedenheit", "satisfaction", "satisfacción",
    "tevredenheid", "满意度", "満足度", "総合評価", "만족도", "valuation", "productvaluation",
    "평가점수", "点数", "スコア", "hodnotenie", "hvězdičky", "bedømmelse", "stjerner", "tähdet", "βαθμολογία",
    "αστέρια", "रेटिंग", "คะแนน", "ดาว", "sốsao", "điểm", "peringkat", "bintang", "דירוג", "ציון", "оцінка", "امتیاز",
    "csillag", "stele", "beoordeling", "sterren", "yıldız", "التقييم", "النجوم",
    "cijfer", "waardering", "betyg", "karakter", "arvosana", "hodnocení", "értékelés", "التقييم",
)  # fmt: skip
CLASS_NAMES = (
    "class", "classes", "category", "tag", "tags", "topic", "topics", "tone", "y", "annotation", "emotion", "intent",
    "completion", "output",
)  # fmt: skip
_RATING_WORDS = frozenset(
    "rating ratings stars star score nps bewertung sterne note étoiles etoiles calificación puntuación valoración "
    "estrellas voto valutazione punteggio stelle nota avaliação ocena оценка рейтинг overall satisfaction "
    "rate satisfied zufriedenheit wertung valuation likely likelihood".split()
)
_OTHER_NAMES = ("verified", "time", "logvotes", "date", "id", "reviewid", "productid", "asin", "votes", "index", "user")
_NOT_NAMES = frozenset(
    ("negative", "positive", "neutral", "mixed", "neg", "pos", "neu", "very negative", "very positive")
)
"""Values of labels that are not taken for names of columns, although some columns are called so."""

_NEVER_A_LABEL = re.compile(
    r"(^|[^a-z])(id|ids|idx|index|key|uuid|guid|asin|asins|sku|isbn|hash|date|dates|day|month|year|hour|time|timestamp|"
    r"unixreviewtime|verified|votes?|helpful\w*|helpfulness|upvotes|downvotes|ups|downs|likes|count|counts|number|"
    r"num|n|"
    r"length|len|age|price|cost|url|urls|link|links|image|images|photo|photos|user|username|author|reviewer|"
    r"completed by|name|email|phone|country|city|zip|latitude|longitude|language|lang|locale|device|browser|version|"
    r"fold|"
    r"split|confidence|probability|prob|weight|followers|friends|retweet\w*|replies|hours?|minutes|seconds|lead time)"
    r"($|[^a-z])"
)
_LABEL_AFTER_ALL = re.compile(r"^(class|label|sentiment|target) (index|id|idx|key|number|num|name)$")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_COUNTED = re.compile(r"([A-Za-z]{0,8}[ _]?)(\d{1,3})", re.ASCII)
_NO_LETTERS = re.compile(r"(?:[^\w\u0900-\u0dff\u0e00-\u0eff]|_)+")
"""The scripts of India, Thailand and Laos write vowels as marks, which Python counts as no letters."""
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/. ]\w{1,9}[-/., ]+\d{2,4}(,? \d{1,2}:\d{2}.*)?|"
    r"[A-Z][a-z]+ \d{1,2}, \d{4}"
)


def plain(name: str) -> str:
    """Return the letters and digits of `name`, in lower case."""
    return _NO_LETTERS.sub("", name.casefold())


@lru_cache(maxsize=10_000)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case: `isBadReview` and `is_bad_review` are `is bad review`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.sub(r"[_\W]+", " ", apart.casefold()).split())


_KNOWN = frozenset(TEXT_NAMES + TITLE_NAMES + LABEL_NAMES + RATING_NAMES + CLASS_NAMES + _OTHER_NAMES)


def is_known_name(name: str) -> bool:
    """Return whether `name` is a common name for a column of review files, and not a value of a label."""
    return len(name) <= 60 and plain(name) in _KNOWN and plain(name) not in _NOT_NAMES


def numbers_columns(names: Sequence[str]) -> bool:
    """Return whether names only count the columns, from 0 or 1: `0,1`, `v1,v2`. Some may be left out."""
    found = [_COUNTED.fullmatch(name.strip()) for name in names if name.strip()]
    counted = [match for match in found if match is not None]
    numbers = [int(match[2]) for match in counted]
    alike = len({match[1].casefold() for match in counted}) == 1
    first = numbers[0] if numbers else 2
    return (
        len(found) == len(counted) > 1 and alike and first < 2 and numbers == list(range(first, first + len(numbers)))
    )


def is_rating_name(name: str) -> bool:
    """Return whether a column of this name is one of ratings."""
    last = plain(name.rpartition(".")[2])
    return plain(name) in RATING_NAMES or last in RATING_NAMES or any(word in _RATING_WORDS for word in words_of(name))


def is_never_a_label(name: str) -> bool:
    """Return whether a column of this name is an id, a date, a count, a person, or otherwise not a label."""
    words = " ".join(words_of(name))
    return _NEVER_A_LABEL.search(words) is not None and _LABEL_AFTER_ALL.match(words) is None


def is_number(value: str) -> bool:
    """Return whether `value` is a plain decimal number."""
    return _NUMBER.fullmatch(value) is not None


def is_truth_value(value: str) -> bool:
    """Return whether `value` is true/false or yes/no (0 and 1 are numbers)."""
    return value.strip().casefold() in ("true", "false", "yes", "no")


def is_date(value: str) -> bool:
    """Return whether `value` looks like a date."""
    if _DATE.fullmatch(value.strip()) is None:
        return False
    rating = rating_of(value)
    return rating is None or rating.form != "of"  # 9 von 10


def number_of(value: str) -> float | None:
    """Return `value` as a number, or None."""
    return float(value) if is_number(value) else None


def stars_of(value: str) -> float | None:
    """Return the rating, 0 to 5, in `value` (`4`, `4.0`, `4 stars`, `4/5`, `★★★★`), or None."""
    rating = rating_of(value)
    return rating.value if rating is not None and 0 <= rating.value <= 5 and rating.top in (None, 5.0) else None
