"""Publicly reported faults and their like (folders g…, h…, i…)."""

from __future__ import annotations

from tests.core.reviews.verdicts import Case, Read, Refused, Told
from tests.core.reviews.wild.made import NEGATIVE, POSITIVE, SENTENCES, two, unlabelled

_LIST = dict.fromkeys("1234", 5)
_LID = 'My wife said "yes" and it breaks the lid cracked on the second day and nobody answers my letters'
_OWN = {
    "- Battery died after a week, not good": NEGATIVE,
    "=Great value, would buy again": POSITIVE,
    "-- never again, awful seller": NEGATIVE,
    "+ cheap + sturdy + quick": POSITIVE,
}

CASES = (
    Case(
        "g01-tsv-two-leading-quotes/reviews.tsv",
        Read(
            kept=150,
            classes={NEGATIVE: 75, POSITIVE: 75},
            shows={
                f'"{SENTENCES[10]} (order 30)': NEGATIVE,
                f'"{SENTENCES[0]} (order 120)': NEGATIVE,
                f"{SENTENCES[9]} (order 149)": POSITIVE,
            },
            text="review_body",
            label="star_rating",
        ),
    ),
    Case(
        "g02-ag-news-kaggle-class-index/train.csv",
        Read(kept=20, classes=_LIST, shows={SENTENCES[0]: "1"}, text="Description", label="Class Index"),
    ),
    Case("g03-headerless-first-title-review/train.csv", two("1|negative", "2|positive")),
    Case("g04-sep-line-word-labels/export.csv", two(text="Review", label="Sentiment", aside=("sep=", "delimiter"))),
    Case(
        "g05-backslash-quotes-no-comma/reviews.csv",
        two(
            rows=(),
            shows={
                _LID: NEGATIVE,
                'My wife said "yes" and it works the kettle boils quickly and the handle stays cool': POSITIVE,
            },
        ),
    ),
    Case(
        "g07-concatenated-headers-words/all.csv",
        two(each=40, rows=(), shows={f"{SENTENCES[0]} 0": NEGATIVE, f"{SENTENCES[19]} 3": POSITIVE}, aside=("header",)),
    ),
    Case(
        "g08-hotel-happy-nothappy/train.csv",
        two("not happy|negative", "happy|positive", text="Description", label="Is_Response"),
    ),
    Case(
        "g09-setfit-label-and-label_text/train.jsonl",
        Read(
            kept=20,
            classes={"0|very negative": 6, "1|negative": 4, "3|positive": 3, "4|very positive": 7},
            shows={SENTENCES[0]: "1|negative", SENTENCES[1]: "4|very positive"},
            text="text",
            label="label(_text)?",
        ),
    ),
    Case("g10-kaggle-competition-folder", two(text="text", label="target", said=("test",))),
    Case("g10-kaggle-competition-folder/test.csv", unlabelled(wrap="{} again", text="text")),
    Case(
        "g11-utf8-chinese/reviews.csv",
        two(rows=(), shows={"质量太差了，用了两天就坏了，不推荐0": NEGATIVE, "这个水壶很好用，我非常满意19": POSITIVE}),
    ),
    Case("g12-emoji-only-reviews/reviews.csv", two(rows=(), shows={"😡👎": NEGATIVE, "😍👍😍👍": POSITIVE})),
    Case("g13-rating-and-wide-text-100k-html/reviews.csv", two(text="text", label="label")),
    Case("g14-is-dissatisfied/survey.csv", two(text="comment", label="dissatisfied")),
    Case(
        "g17-verified-recommends-only/bazaarvoice.csv",
        two("negative|no.*", "positive|yes.*", text="ReviewText", label="Recommends"),
    ),
    Case("g18-good-bad-with-flag/r.csv", two("bad|negative", "good|positive", text="review", label="verdict")),
    Case(
        "g19-stars-4-point/r.csv",
        [
            Read(kept=20, classes=_LIST, shows={SENTENCES[0]: "2"}, label="stars"),
            Read(kept=20, classes={f"{n} stars?": 5 for n in range(1, 5)}, label="stars"),
            two(label="stars", said=("4|scale|highest",)),
        ],
    ),
    Case(
        "g20-nps-0-10-mostly-low/nps.csv",
        [
            Read(
                kept=60,
                classes={"negative|detractors?": 57, "positive|promoters?": 3},
                shows={SENTENCES[0]: "negative|detractors?", f"{SENTENCES[19]} (order 59)": None},
                text="feedback",
                label="score",
                said=("10",),
            ),
            Read(kept=60, classes={"0": 15, "1": 14, "2": 14, "3": 14, "10": 3}, label="score"),
        ],
    ),
    Case("g21-percent-rating/r.csv", two(text="review", label="rating")),
    Case("g22-thumbs/r.csv", two("negative|👎", "positive|👍", text="review", label="rating")),
    Case("g23-x-of-10/r.csv", two(text="review", label="rating")),
    Case(
        "g24-positive-negative-with-notes/r.csv",
        [
            two(said=(r"negative\*",)),
            Read(kept=18, classes={NEGATIVE: 9, POSITIVE: 9}, left_out={"": 2}),
            Refused(r"negative\*", r"--class"),
            Told(r"negative\*", r"--class|same|typo|spell"),
        ],
    ),
    Case("g25-quoted-header-spaces/r.csv", two(text="Review Text", label="Rating")),
    Case("h01-apostrophe-roundtrip/original.csv", two(each=4, rows=(), shows=_OWN)),
    Case(
        "h01-apostrophe-roundtrip/answers.csv",
        Read(kept=8, classes={NEGATIVE: 8}, shows=dict.fromkeys(_OWN, NEGATIVE), text="text", label="label"),
    ),
    Case(
        "h01-apostrophe-roundtrip/both",
        Read(kept=16, classes={NEGATIVE: 8, POSITIVE: 8}, shows=_OWN, repeats=8),
    ),
    Case("i02-utf16-txt/reviews.txt", unlabelled()),
    Case("i03-doccano-labels-list-single/test.jsonl", two(text="text", label="labels")),
    Case(
        "i05-autotrain-ab-columns/data.csv",
        [two("intent_outage", "intent_fixed", text="a", label="b"), Refused("no column of labels", "--label")],
    ),
    Case(
        "i06-tsv-raw-line-breaks/ratings.tsv",
        [
            two(
                rows=(2,),
                shows={"The lid cracked on the second day\nand nobody answers my letters": NEGATIVE},
                text="suggestion",
                label="rating",
            ),
            Refused("line break|broken over|quot"),
            Told("line break|broken over|continue"),
        ],
    ),
    Case(
        "i07-fasttext-label-comma/train.txt",
        [
            two("bad|negative", "good|positive"),
            two("bad|negative", "good|positive", wrap=", {}"),
        ],
    ),
    Case(
        "i08-label-empty-in-first-1200-rows/reviews.csv",
        Read(
            kept=60,
            classes={"bad|negative": 30, "good|positive": 30},
            left_out={"missing": 1200},
            shows={f"{SENTENCES[19]} (order 59) late": "good|positive"},
            label="verdict",
        ),
    ),
    Case(
        "i09-first-1000-texts-empty/reviews.csv",
        Read(
            kept=60,
            classes={NEGATIVE: 30, POSITIVE: 30},
            left_out={"empty|missing": 1100},
            shows={f"{SENTENCES[19]} (order 59)": POSITIVE},
            text="review",
            label="stars",
        ),
    ),
    Case("i10-csv-with-comment-lines/reviews.csv", two(text="text", label="label", aside=("comment",))),
    Case(
        "i11-jsonl-label-key-after-1000/reviews.jsonl",
        Read(
            kept=60,
            classes={NEGATIVE: 30, POSITIVE: 30},
            left_out={"missing": 1100},
            shows={f"{SENTENCES[19]} (order 59) late": POSITIVE},
            label="label",
        ),
    ),
    Case("i12-typo-labels/reviews.csv", [two(said=("postive",)), Told("postive", "negitive")]),
)
