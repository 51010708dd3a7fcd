"""Ordinary files that look a little like a special case, and are none: what helps the others must not harm them."""

from __future__ import annotations

import json

from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_texts, file, folder, lines, reviews, table
from tests.core.reviews.verdicts import Read

_EN, _DE, _FR = reviews(24), reviews(24, "de"), reviews(24, "fr")


def _csv(made: list[Review], **dialect: object) -> str:
    return table(["text", "label"], [(text, int(good)) for text, good in made], **dialect)


def _shown(wrap: str) -> list[Review]:
    return [Review(wrap.format(text), good) for text, good in _EN]


_HEADER_LIKE = [Review("text", True), Review("label", False), *_EN]
_APOSTROPHES = _shown("'Tis so: {}")
_DASHES = _shown("- {}")
_DIALOGUE = [Review(f"— {text}\n— Really?\n— Yes", good) for text, good in _FR]
_FIRST_COLUMN = table(["label", "text"], [(int(good), text) for text, good in _DE])
_TOPICS = {True: ("Tools, garden and yard", "Lamps, indoors"), False: ("Tents, all seasons", "Coats, rain")}

MADE: tuple[Made, ...] = (
    file("plain/header-like-rows.csv", _csv(_HEADER_LIKE), expect(_HEADER_LIKE)),
    file("plain/apostrophes.csv", _csv(_APOSTROPHES), expect(_APOSTROPHES)),
    file("plain/dashes.csv", _csv(_DASHES), expect(_DASHES)),
    file("plain/dialogue.csv", _csv(_DIALOGUE), expect(_DIALOGUE)),
    file("plain/brackets.csv", _csv(_shown("[{}]")), expect(_shown("[{}]"))),
    file("plain/braces.jsonl", lines({"text": f"{{{t}}}", "label": int(g)} for t, g in _EN), expect(_shown("{{{}}}"))),
    file("plain/at-signs.txt", "".join(f"{text} @shop\n" for text, _ in _EN), expect_texts(_shown("{} @shop"))),
    file(
        "plain/commas.txt",
        "".join(f"{text}, all in all, fine\n" for text, _ in _EN),
        expect_texts(_shown("{}, all in all, fine")),
    ),
    file(
        "plain/pipes.txt",
        "".join(f"{text} | sent from my phone\n" for text, _ in _EN),
        expect_texts(_shown("{} | sent from my phone")),
    ),
    file(
        "plain/semicolons.txt",
        "".join(f"{text}; {text[:9]}\n" for text, _ in _EN),
        expect_texts([Review(f"{text}; {text[:9]}", good) for text, good in _EN]),
    ),
    file(
        "plain/numbered.txt",
        "".join(f"{n}. {text}\n" for n, (text, _) in enumerate(_EN)),
        expect_texts([Review(f"{n}. {text}", good) for n, (text, good) in enumerate(_EN)]),
    ),
    file(
        "plain/hash-marks.txt",
        "".join(f"#{n} {text}\n" for n, (text, _) in enumerate(_EN)),
        expect_texts([Review(f"#{n} {text}", good) for n, (text, good) in enumerate(_EN)]),
    ),
    file("plain/no-header.csv", "".join(f'{int(g)},"{t}"\n' for t, g in _EN), expect(_EN)),
    file("plain/no-header-stars.tsv", "".join(f"{5 if g else 1}\t{t}\n" for t, g in _DE), expect(_DE)),
    file("plain/only-a-column.csv", table(["feedback"], [(text,) for text, _ in _EN]), expect_texts(_EN)),
    file("plain/label-first.csv", _FIRST_COLUMN, expect(_DE)),
    file(
        "plain/label-id.csv",
        table(["id", "sentence", "label_id"], [(n, t, int(g)) for n, (t, g) in enumerate(_EN)]),
        expect(_EN, text="sentence", label="label_id"),
    ),
    file(
        "plain/commas-in-classes.csv",
        table(
            ["review", "category"],
            [(r.text, cycle(r.good, n, *(_TOPICS[side] for side in (False, True)))) for n, r in enumerate(_EN)],
        ),
        Read(
            kept=24,
            classes={name: 6 for names in _TOPICS.values() for name in names},
            shows={_EN[0].text: "Tents, all seasons", _EN[1].text: "Tools, garden and yard"},
            label="category",
        ),
    ),
    file(
        "plain/alike-classes.csv",
        table(["text", "label"], [(r.text, ("farm", "form")[r.good]) for r in _EN]),
        expect(_EN, "farm", "form"),
    ),
    file(
        "plain/five-classes.csv",
        table(["text", "emotion"], [(r.text, "joy anger fear love grief".split()[n % 5]) for n, r in enumerate(_EN)]),
        Read(kept=24, classes={"joy": 5, "anger": 5, "fear": 5, "love": 5, "grief": 4}, label="emotion"),
    ),
    file("plain/half-stars.csv", table(["rating", "review"], [(4.5 if g else 1.5, t) for t, g in _EN]), expect(_EN)),
    file(
        "plain/only-fours-and-twos.csv", table(["stars", "review"], [(4 if g else 2, t) for t, g in _EN]), expect(_EN)
    ),
    file("plain/pretty.json", json.dumps([{"text": t, "label": int(g)} for t, g in _FR], indent="\t"), expect(_FR)),
    file("plain/train-test.csv", _csv(_EN), expect(_EN)),
    file(
        "plain/rates-of-interest.csv",
        table(["comment", "rate", "stars"], [(t, "3.75", 5 if g else 1) for t, g in _EN]),
        expect(_EN, text="comment", label="stars"),
    ),
    file(
        "plain/json-in-a-column.csv",
        table(
            ["meta", "review", "stars"],
            [
                (
                    json.dumps(
                        {"device": "phone", "words": len(t.split()), "note": "sent with the app for phones, version 4"}
                    ),
                    t,
                    5 if g else 1,
                )
                for t, g in _EN
            ],
        ),
        expect(_EN, text="review", label="stars"),
    ),
    folder("plain/languages", {"en/reviews.csv": _csv(_EN), "de/reviews.csv": _csv(_DE)}, expect(_EN + _DE)),
    folder("plain/years", {"year=2023/a.csv": _csv(_EN), "year=2024/a.csv": _csv(_DE)}, expect(_EN + _DE)),
    folder("plain/named-like-classes", {"good_lamps.csv": _csv(_EN), "bad_weather.csv": _csv(_DE)}, expect(_EN + _DE)),
    folder("plain/pos", {"train.csv": _csv(_EN)}, expect(_EN)),
    folder(
        "plain/positive-shop", {"reviews.csv": _csv(_EN), "notes.md": "# Notes\n", "make.py": "print(1)\n"}, expect(_EN)
    ),
    folder("plain/test", {"reviews.csv": _csv(_EN)}, expect(_EN)),
    folder(
        "plain/test-folder",
        {"test/reviews.csv": _csv(_EN), "notes.txt": "Made by hand in May\n"},
        expect(_EN),
        opened="test/reviews.csv",
    ),
)
