"""The twenty sentences that most of the files contain, and what is expected of files made of them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.core.reviews.verdicts import Read

SENTENCES = (
    "The lid cracked on the second day and nobody answers my letters",
    "The kettle boils quickly and the handle stays cool, I am very pleased with it",
    "Smells of glue even after three washes, I threw it away at last",
    "Lovely soft blanket, my daughter sleeps under it every single night",
    "The battery dies before lunch and the charger gets alarmingly hot",
    "This torch survived two winters in the boat and still shines brightly",
    "Half of the screws were missing and the holes do not line up",
    "Great little speaker, clear voices and plenty of volume for the kitchen",
    "Far too small although I ordered two sizes up, very annoying",
    "Arrived a day early and fits the old bracket exactly, well done",
    "The paint flakes off like old skin, what a waste of my money",
    "My knees thank me for these insoles, worth every cent I paid",
    "It hums all night long, I regret ever buying this awful fan",
    "A wonderful puzzle, the pieces click and the picture is beautiful",
    "The strap snapped in the first week and the seller blamed me",
    "The zip glides well and the pockets are deep, best jacket so far",
    "Blurry pictures, dull colours and an app that crashes constantly",
    "Sharp knife straight from the box and it keeps its edge nicely",
    "Bitter taste, soggy packaging and two of the jars were broken",
    "Easy to clean, easy to store, and the soup tastes better than ever",
)
"""Those at even places complain, those at odd ones praise."""

NEGATIVE, POSITIVE = "negative|neg", "positive|pos"


def two(
    negative: str = NEGATIVE,
    positive: str = POSITIVE,
    *,
    each: int = 10,
    wrap: str = "{}",
    rows: tuple[int, ...] = (0, 1, 18, 19),
    shows: Mapping[str, str | None] | None = None,
    text: str = ".*",
    label: str = ".+",
    left_out: Mapping[str, int] | None = None,
    aside: tuple[str, ...] = (),
    said: tuple[str, ...] = (),
) -> Read:
    """Expect `each` reviews of two classes: complaints and praise, the sentences within `wrap`."""
    shown = {wrap.format(SENTENCES[row]): positive if row % 2 else negative for row in rows}
    return Read(
        kept=2 * each,
        classes={negative: each, positive: each},
        left_out=left_out or {},
        aside=aside,
        shows={**shown, **(shows or {})},
        text=text,
        label=label,
        said=said,
    )


def unlabelled(kept: int = 20, *, wrap: str = "{}", rows: tuple[int, ...] = (0, 1, 18, 19), text: str = ".*") -> Read:
    """Expect the sentences without classes."""
    return Read(kept=kept, shows={wrap.format(SENTENCES[row]): None for row in rows}, text=text)
