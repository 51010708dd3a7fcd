"""What single values say: nothing, yes or no, a sentiment. In the languages that review files come in.

Values are compared by their letters: in any case, without blanks around them, zero-width characters, variation
selectors and the skin tones of emoji (`canonical`).
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), 0x2060, 0xFEFF, 0x00AD]
)

_STOPS = " .,;:"
"""What may end a label without being part of it."""
_AROUND = " \t\r\n\u00a0\u3000" + "".join(map(chr, _INVISIBLE))


def canonical(value: str) -> str:
    """Return the spelling under which equal values are equal."""
    if value.isascii():
        return " ".join(value.casefold().split())
    shown = unicodedata.normalize("NFKC", value.translate(_INVISIBLE))
    return " ".join(shown.casefold().replace("i\u0307", "i").split())  # a capital i with a dot, as in Turkish


def canonical_label(value: str) -> str:
    """Return the spelling under which equal labels are equal: also `positive` and `Positive.`"""
    said = canonical(value)
    return said.rstrip(_STOPS) or said


def _table(**spellings: str) -> dict[str, str]:
    return {word.strip(): meaning for meaning, words in spellings.items() for word in words.split(",")}


_TRUTHS = _table(
    false="0,0.0,false,no,f,n,nein,non,não,nao,нет,nie,nej,ei,falsch,faux,falso,否,不,いいえ,아니오,아니요,hayır,لا,✗,✘,❌",
    true="1,1.0,true,yes,t,y,ja,oui,si,sí,sì,sim,да,tak,kyllä,wahr,vrai,verdadero,vero,verdadeiro,是,はい,예,네,evet,"
    "نعم,✓,✔,✅",
)
TRUTH_VALUES = {word: int(meaning == "true") for word, meaning in _TRUTHS.items()}
"""Value → 1 for yes, 0 for no."""
_ANSWER = re.compile(r"(yes|no|ja|nein|oui|non|sí|si|sim|não|да|нет)\b[\s,.!:;–—-]+\S")


def truth_of(value: str) -> int | None:
    """Return 1 for a value that says yes, 0 for one that says no (also in `No, I would not`), else None."""
    said = canonical(value)
    if said in TRUTH_VALUES:
        return TRUTH_VALUES[said]
    answer = _ANSWER.match(said)
    return TRUTH_VALUES[answer[1]] if answer and len(said) <= 60 else None


_SENTIMENTS = _table(
    very_negative="very negative,very unlikely,extremely unlikely,not at all likely,very bad,terrible,awful,"
    "very dissatisfied,very unhappy,strongly negative,sehr negativ,"
    "très négatif,muy negativo,非常负面,strongly disagree,extremely negative,very poor,hate,hated",
    negative="negative,neg,bad,unlikely,likely not,not recommended,not happy,unhappy,"
    "dissatisfied,unsatisfied,not satisfied,poor,dislike,"
    "disliked,thumbs down,down,👎,😡,😠,☹,🙁,😞,not good,not recommend,do not recommend,does not recommend,"
    "don't recommend,unfavorable,unfavourable,detractor,rotten,"
    "negativ,schlecht,unzufrieden,nicht empfohlen,négatif,negatif,négative,mauvais,insatisfait,non recommandé,negativo,"
    "negativa,malo,mala,insatisfecho,no recomendado,cattivo,insoddisfatto,ruim,insatisfeito,negatief,slecht,"
    "негативный,негатив,отрицательный,плохо,negatywny,negatywna,negativní,负面,消极,差评,差,坏,負面,ネガティブ,悪い,부정,"
    "olumsuz,سلبي,disagree,negativt,negatiivinen,αρνητικό,αρνητική,नकारात्मक,ลบ,เชิงลบ,tiêu cực,منفی,سلبية,שלילי,"
    "негативний,негативна,kritisch,défavorable,否定,负向",
    neutral="neutral,neu,mixed,neutral/mixed,meh,okay,ok,average,passive,neither,so-so,😐,neutre,neutro,neutraal,"
    "нейтральный,нейтрально,neutralny,neutrální,中性,中立,中评,普通,ニュートラル,중립,nötr,tarafsız,محايد,gemischt,mixte",
    positive="positive,pos,good,likely,recommended,happy,satisfied,like,liked,thumbs up,up,👍,😀,😊,☺,🙂,😍,❤,"
    "recommend,favorable,favourable,promoter,fresh,positiv,gut,zufrieden,empfohlen,positif,bon,satisfait,"
    "recommandé,positivo,positiva,bueno,buena,satisfecho,recomendado,buono,soddisfatto,bom,satisfeito,positief,goed,"
    "позитивный,позитив,положительный,хорошо,pozytywny,pozytywna,pozitivní,正面,积极,好评,好,ポジティブ,良い,긍정,"
    "olumlu,pozitif,إيجابي,agree,positivt,positiivinen,θετικό,θετική,सकारात्मक,บวก,เชิงบวก,tích cực,مثبت,إيجابية,"
    "חיובי,позитивний,позитивна,lobend,肯定,正向",
    very_positive="very positive,very likely,extremely likely,very good,excellent,great,"
    "very satisfied,very happy,strongly positive,sehr positiv,"
    "très positif,muy positivo,非常正面,strongly agree,extremely positive,love,loved",
)
_RANKS = {"very_negative": 0, "negative": 1, "neutral": 2, "positive": 3, "very_positive": 4}
SENTIMENT_RANKS = {canonical(word): _RANKS[meaning] for word, meaning in _SENTIMENTS.items()}
"""Value → 0 very negative, 1 negative, 2 neutral, 3 positive, 4 very positive."""


def sentiment_of(value: str) -> int | None:
    """Return the rank of a value that says a sentiment, 0 to 4, else None."""
    said = canonical_label(value)
    return SENTIMENT_RANKS.get(said, SENTIMENT_RANKS.get(re.sub(r"[\s_-]+", " ", said)))


MISSING_VALUES = frozenset(
    canonical(word)
    for word in (
        "", "nan", "null", "none", "nil", "n/a", "n.a.", "na", "<na>", "<null>", "<none>", "(null)", "(none)",
        "(blank)", "-", "--", "---", "–", "—", "?", ".", "..", "...", "…", "\\n", "#n/a", "#na", "#null!", "#ref!",
        "#value!", "#div/0!", "#name?", "#num!", "undefined", "unlabeled", "unlabelled", "not labeled", "not labelled",
        "no label", "nolabel", "unannotated", "unknown", "tbd", "unbekannt", "keine angabe", "k. a.", "k.a.",
        "ohne angabe", "not rated", "no rating", "unrated", "sin datos", "sin calificar", "sans avis", "sans note",
        "n/d", "n.d.", "s/d", "b.d.", "brak danych", "нет данных", "н/д", "无", "暂无", "なし", "無し", "없음",
        "해당 없음", "غير محدد",
        "inconnu", "desconocido",
        "non disponible", "не указано", "неизвестно", "未知", "不明", "missing", "not available",
        "not applicable", "nat", "-nan", "1.#qnan", "{}", "[]", '""', "''",
    )
)  # fmt: skip
"""Spellings of no value."""
_MINUS = frozenset("-–—−")
_NO_TEXTS = frozenset(
    "nan -nan null none n/a na <na> <null> (null) (none) \\n #n/a #na #value! undefined [deleted] [removed] […] "
    "- -- --- – — (blank) n.a.".split()
) | {""}
_LONGEST_PLACEHOLDER = max(map(len, _NO_TEXTS))
_TEMPLATES = frozenset(
    ("no negative", "no positive", "nothing", "none", "n/a", "no cons", "no pros", "no comment", "no comments")
)

_LONGEST_TEMPLATE = 2 * max(map(len, _TEMPLATES))
"""Characters, with blanks around the words."""


def shown_spelling(value: str) -> str:
    """Return `value` without blanks and invisible characters around it."""
    return value.strip(_AROUND)


def is_missing(value: str, *, signs: bool = False) -> bool:
    """Return whether a label says that there is none.

    Args:
        signs: Whether other labels are `+`, of which a dash is the opposite.
    """
    return canonical(value) in MISSING_VALUES and not (signs and value.strip() in _MINUS)


def is_placeholder(text: str, *, signs: bool = False) -> bool:
    """Return whether a text stands for no text, such as `nan`, `NULL`, `-` and `[deleted]`.

    Args:
        signs: Whether other cells are `+`, of which a dash is the opposite.
    """
    stands = len(text) <= _LONGEST_PLACEHOLDER and canonical(text) in _NO_TEXTS
    return stands and not (signs and text.strip() in _MINUS)


def is_template(text: str) -> bool:
    """Return whether half a review only says that the reviewer wrote nothing, such as `No Negative`."""
    return len(text) <= _LONGEST_TEMPLATE and (canonical(text) in _TEMPLATES or is_placeholder(text))
