"""Kind 7: what is called trainable can be trained on. Constant and repeated texts, tiny and lopsided classes."""

from __future__ import annotations

from tests.core.reviews.kinds.made import Made, expect, file, reviews, table
from tests.core.reviews.verdicts import Read, Refused

_EN = reviews(24)
_SAME = "same text|different text|distinct|constant|repeat|one text|all alike"

MADE: tuple[Made, ...] = (
    file(
        "promises/one-text.csv",
        table(["review", "label"], [("It does what it says on the box", n % 2) for n in range(30)]),
        Refused(_SAME),
    ),
    file(
        "promises/one-text-a-class.csv",
        table(["review", "label"], [(("It broke at once", "It is a joy")[n % 2], n % 2) for n in range(30)]),
        Refused(_SAME),
    ),
    file(
        "promises/one-class.csv",
        table(["review", "stars"], [(r.text, 5) for r in _EN]),
        Refused("all 24", "training needs"),
    ),
    file(
        "promises/lonely-class.csv",
        table(
            ["review", "label"],
            [(r.text, "neutral" if n == 4 else "good" if r.good else "bad") for n, r in enumerate(_EN)],
        ),
        Refused("only 1", "neutral"),
    ),
    file(
        "promises/repeated.csv",
        table(["review", "label"], [(r.text, int(r.good)) for r in _EN] * 3),
        Read(kept=72, classes={"negative": 36, "positive": 36}, repeats=48),
    ),
    file(
        "promises/spaces-only.csv",
        table(["review", "label"], [(r.text if n % 3 else " \u3000\u200b\t", int(r.good)) for n, r in enumerate(_EN)]),
        expect([r for n, r in enumerate(_EN) if n % 3], left_out={"empty": 8}),
    ),
    file(
        "promises/ids-for-labels.csv",
        table(["review", "label"], [(r.text, f"case {n:04}") for n, r in enumerate(_EN)]),
        Refused("24 different labels|too many"),
    ),
)
