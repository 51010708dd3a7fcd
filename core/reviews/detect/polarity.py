"""What yes, true or 1 means in a column, as far as its name says: `is_bad_review` is bad news, `satisfied` good."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core.reviews.detect.names import words_of

NEGATIVE, POSITIVE = "negative", "positive"
_GOOD = frozenset(
    (
        "positive pos good great nice excellent recommend recommended recommends recommending recommendation like "
        "liked likes love loved loves satisfied satisfaction happy pleased sentiment polarity favorable favourable "
        "approve approved approves enjoyed enjoy worth promoter fresh best up voted upvote upvoted thumbsup praise "
        "praised win success zufrieden positiv empfohlen empfehlung empfehlen weiterempfehlen "
        "weiterempfehlung recomendaría recomendarías recomendaria consiglieresti consiglio рекомендую рекомендуете "
        "polecam poleciłbyś aanbevolen aanrader satisfait positif recommandé recommande "
        "recomienda consiglia satisfecho positivo "
        "recomendado soddisfatto satisfeito tevreden"
    ).split()
)
_BAD = frozenset(
    (
        "negative neg bad poor terrible dissatisfied dissatisfaction unsatisfied unhappy displeased complaint "
        "complaints complain complained dislike disliked dislikes angry worst awful detractor rotten down downvote "
        "thumbsdown disappointed disappointing hated beschwerde reklamation plainte queja reclamo "
        "reclamação жалоба skarga klacht şikayet 投诉 クレーム negativ unzufrieden schlecht négatif negatif "
        "insatisfait mauvais negativo malo insatisfecho insoddisfatto insatisfeito"
    ).split()
)
_NOTIONS = frozenset(
    (
        "spam ham toxic toxicity churn churned churner fake fraud fraudulent sarcasm sarcastic irony ironic hate "
        "hateful offensive abusive abuse insult threat obscene profane refund refunded returned return escalated "
        "urgent bug defect defective deceptive truthful genuine bot humor humour suggestion question opinion "
        "subjective relevant"
    ).split()
)
_TASKS = frozenset(
    (
        "spam ham phishing toxic toxicity churn fake fraud deceptive sarcasm sarcastic irony ironic hate hateful "
        "offensive abusive abuse insult threat obscene profanity bot humor humour clickbait"
    ).split()
)
"""Notions which, in the name of a file or of another column, say what labels are about."""
_ASKING = frozenset(("is", "was", "has", "had", "are", "were", "does", "did", "contains", "will", "ist", "est", "es"))
_NOT = frozenset(("not", "non", "no", "never", "un", "nicht", "isnt", "isn"))
_FILLERS = frozenset(
    (
        "review reviews text customer user reviewer label labels flag ind indicator binary overall the a an or this "
        "would guest class target value score rating response comment feedback sentence document message product item"
    ).split()
)
_CONVENTIONAL = frozenset("label labels target class y gold output annotation truth column verdict id".split())


def other_question(name: str) -> bool:
    """Return whether a name says that labels beside it answer another question than whether a review praises."""
    words = words_of(name)
    return not _TASKS.isdisjoint(words) and _GOOD.isdisjoint(words)


@dataclass(frozen=True)
class Meaning:
    """What the classes of a column of truth values are called."""

    false: str
    true: str
    said: Literal["name", "convention", "nothing"]
    """What this rests on: the name of the column; the custom that 1 is positive in a column called label; or nothing,
    in which case the classes keep their values."""


def meaning_of(name: str) -> Meaning:
    """Return what false and true mean in a column of truth values that is called `name`."""
    words = tuple(word for word, after in pairwise((*words_of(name), "")) if (word, after) != ("like", "to"))
    asks = any(word in _ASKING for word in words)
    negated = sum(word in _NOT for word in words) % 2 == 1
    telling = [word for word in words if word not in _FILLERS | _ASKING | _NOT and not word.isdecimal()]
    good, bad = any(word in _GOOD for word in telling), any(word in _BAD for word in telling)
    if good != bad:
        return Meaning(POSITIVE, NEGATIVE, "name") if bad != negated else Meaning(NEGATIVE, POSITIVE, "name")
    if telling and (asks or all(word in _NOTIONS for word in telling)):
        notion = " ".join(telling)
        return Meaning(notion, f"not {notion}", "name") if negated else Meaning(f"not {notion}", notion, "name")
    if not any(word not in _CONVENTIONAL and not word.isdecimal() for word in words):
        return Meaning(NEGATIVE, POSITIVE, "convention")
    return Meaning("", "", "nothing")
