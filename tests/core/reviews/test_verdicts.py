"""The verdicts themselves: each is given where it should be, so that a table of them can be believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.reviews import verdicts
from tests.core.reviews.verdicts import Case, Outcome, Read, Refused, Told, judge, ways_out

GOOD, BAD = "It boils quickly and pours well", "It broke after a day of light use"
TABLE = "review,satisfied\n" + "".join(f"{GOOD} {n},1\n{BAD} {n},0\n" for n in range(8))
RIGHT = Read(kept=16, classes={"negative": 8, "positive": 8}, shows={f"{GOOD} 3": "positive"}, label="satisfied")


def verdict(folder: Path, content: str, *expected: Outcome, name: str = "reviews.csv", **options: object) -> str:
    (folder / name).write_text(content)
    return judge(Case(name, expected, options), folder).verdict


def test_a_file_that_is_read_as_expected_is_right(tmp_path: Path) -> None:
    assert verdict(tmp_path, TABLE, RIGHT) == "right"
    assert verdict(tmp_path, TABLE, Refused("nothing of the kind"), RIGHT) == "right"


@pytest.mark.parametrize(
    "other",
    [
        Read(kept=17, classes=RIGHT.classes),
        Read(kept=16, classes={"negative": 7, "positive": 9}),
        Read(kept=16, classes={"negative": 8}),
        Read(kept=16, classes=RIGHT.classes, left_out={"missing": 1}),
        Read(kept=16, classes=RIGHT.classes, shows={f"{GOOD} 3": "negative"}),
        Read(kept=16, classes=RIGHT.classes, shows={GOOD: None}),
        Read(kept=16, classes=RIGHT.classes, text="satisfied"),
        Read(kept=16, classes=RIGHT.classes, said=("the moon",)),
        Read(kept=16, classes=RIGHT.classes, repeats=1),
        Read(kept=16),
        Told("the moon"),
        Refused("the moon"),
    ],
)
def test_a_file_that_is_read_otherwise_is_wrong_in_silence(tmp_path: Path, other: Outcome) -> None:
    assert verdict(tmp_path, TABLE, other) == "wrong in silence"


def test_a_refusal_needs_the_words_or_a_way_that_works(tmp_path: Path) -> None:
    content = TABLE.replace("satisfied", "q_7").replace(",1\n", ",beta\n").replace(",0\n", ",alpha\n")
    wanted = Read(kept=16, classes={"alpha": 8, "beta": 8}, label="q_7")
    other = Read(kept=16, classes={"gamma": 16}, label="q_7")
    assert verdict(tmp_path, content, other, label="") == "refused badly"
    assert verdict(tmp_path, content, other, Refused("no column of labels"), label="") == "refused with the way out"
    assert verdict(tmp_path, content, wanted, label="") == "refused with the way out"
    assert verdict(tmp_path, "", wanted) == "refused badly"
    assert verdict(tmp_path, content, wanted, label="q_7") == "right"


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    assert verdict(tmp_path, "", Refused("gunzip"), name="gunzip.csv") == "refused badly"


def test_options_in_a_sentence_are_tried(tmp_path: Path) -> None:
    sentence = 'Name it with --label "q 7", --label other or --no-header, and try --delimiter \\t.'
    ways = [way.model_dump(exclude_defaults=True) for way in ways_out(sentence, verdicts.ReadingOptions())]
    assert {"label": "q 7"} in ways
    assert {"label": "other"} in ways
    assert {"header": False} in ways
    assert {"label": "q 7", "header": False, "delimiter": "\t"} in ways


def test_an_error_that_is_no_sentence_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*given: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(verdicts, "read_reviews", explode)
    assert verdict(tmp_path, TABLE, RIGHT) == "crash"
