"""Shapes of tables (folders c…): quoting, encodings, scales and columns."""

from __future__ import annotations

from tests.core.reviews.verdicts import Case, Read, Refused, Told
from tests.core.reviews.wild.made import NEGATIVE, POSITIVE, SENTENCES, two, unlabelled

_CHINESE = {"质量太差了，用了两天就坏了，不推荐0": NEGATIVE, "这个水壶很好用，我非常满意19": POSITIVE}
_JAPANESE = {"すぐに壊れました。最悪ですね0": NEGATIVE, "とても良い商品です。満足しています19": POSITIVE}
_HTML = "<p>{}<br /><br />I&#039;d buy &amp; sell it &lt;3 </p> 👨‍👩‍👧 מוצר מצוין منتج رائع"
_HALVES = Read(kept=20, classes={NEGATIVE: 10, POSITIVE: 10}, label="rating", text=".*pros.*cons.*")

CASES = (
    Case("c01-pandas-unnamed-index/reviews.csv", two(text="text", label="label")),
    Case(
        "c02-nul-byte-in-one-row/reviews.csv",
        [
            Read(kept=19, classes={NEGATIVE: 10, POSITIVE: 9}, left_out={"": 1}, shows={SENTENCES[0]: NEGATIVE}),
            two(said=("NUL|zero byte",)),
        ],
    ),
    Case(
        "c03-nul-byte-late/reviews.csv",
        [
            Read(kept=1998, classes={NEGATIVE: 999, POSITIVE: 999}),
            Read(kept=1997, classes={NEGATIVE: 999, POSITIVE: 998}, left_out={"": 1}),
        ],
    ),
    Case("c04-mixed-line-ends/reviews.csv", two()),
    Case(
        "c05-cat-of-two-csv-bom-header/all.csv",
        two(each=30, aside=("header",), rows=(), shows={SENTENCES[0]: NEGATIVE, f"{SENTENCES[19]} three": POSITIVE}),
    ),
    Case("c06-missing-label-spellings/reviews.csv", two(left_out={"missing": 14})),
    Case("c08-label-spaces-case/reviews.csv", two()),
    Case("c09-float-labels/reviews.csv", two()),
    Case("c10-YN-labels/reviews.csv", two(label="satisfied")),
    Case("c11-4.0-out-of-5-stars/reviews.csv", two(label="rating")),
    Case("c12-amazon-de-stars/reviews.csv", two(text="review_text", label="rating")),
    Case("c14-black-stars/reviews.csv", two(label="rating")),
    Case("c15-emoji-stars-vs16/reviews.csv", two(label="rating")),
    Case("c16-rating-1to10/reviews.csv", two(label="rating")),
    Case(
        "c17-half-stars/reviews.csv",
        [
            Read(
                kept=14,
                classes={NEGATIVE: 7, POSITIVE: 7},
                left_out={"": 6},
                shows={SENTENCES[0]: NEGATIVE, SENTENCES[1]: POSITIVE},
                label="rating",
            ),
            two(label="rating", said=("star|half",)),
        ],
    ),
    Case(
        "c18-minus1-0-1/reviews.csv",
        [
            Read(
                kept=23,
                classes={"-1|negative": 10, "0|neutral": 3, "1|positive": 10},
                shows={SENTENCES[0]: "-1|negative", "It is a box and it holds things": "0|neutral"},
                label="sentiment",
            ),
            two(left_out={"neutral|neither": 3}),
        ],
    ),
    Case(
        "c19-score-0-1-2/reviews.csv",
        Read(
            kept=24,
            classes={"0|negative": 10, "1|neutral": 4, "2|positive": 10},
            shows={SENTENCES[0]: "0|negative", "It is a box and it holds 0 things": "1|neutral"},
            label="score",
        ),
    ),
    Case(
        "c21-multi-label-comma/reviews.csv",
        [
            Read(
                kept=20,
                classes={"price,quality": 5, "quality": 5, "delivery,price": 5, "delivery": 5},
                label="labels",
                said=("several labels|multi|combination|more than one",),
            ),
            Read(kept=10, classes={"quality": 5, "delivery": 5}, left_out={"several|multi|more than one": 10}),
            Refused("several labels|multi|combination|more than one"),
        ],
    ),
    Case("c22-duplicate-columns/reviews.csv", two(text="text", label="label")),
    Case("c23-300-columns/reviews.csv", two(text="review", label="sentiment")),
    Case("c24-html-entities-emoji-rtl/reviews.csv", two(wrap=_HTML)),
    Case("c26-text-shorter-than-description/reviews.csv", two(text="user_review", label="stars")),
    Case(
        "c27-two-text-columns-pros-cons/reviews.csv",
        [
            _HALVES,
            Read(kept=20, classes={NEGATIVE: 10, POSITIVE: 10}, label="rating", text="pros|cons", said=("cons",)),
        ],
    ),
    Case("c28-backslash-escaped-quotes/reviews.csv", two(wrap='My wife said "yes, fine" and {}')),
    Case("c29-space-after-comma-quotes/reviews.csv", two(wrap="{}, and so on")),
    Case(
        "c30-unquoted-commas/reviews.csv",
        [
            two(),
            Read(kept=6, classes={NEGATIVE: 4, POSITIVE: 2}, left_out={"fields": 14}, shows={SENTENCES[0]: NEGATIVE}),
        ],
    ),
    Case("c31-preamble-lines/report.csv", two(text="Review", label="Rating", aside=("before|preamble|fields",))),
    Case(
        "c32-qualtrics-three-headers/survey.csv",
        two("dissatisfied|negative", "satisfied|positive", text="Q2_feedback", label="Q1", aside=("header",)),
    ),
    Case("c33-gbk-chinese/reviews.csv", two(rows=(), shows=_CHINESE)),
    Case("c35-shift-jis/reviews.csv", two(rows=(), shows=_JAPANESE)),
    Case(
        "c36-text-nan-strings/reviews.csv",
        [
            two(left_out={"": 7}),
            Read(kept=22, classes={NEGATIVE: 11, POSITIVE: 11}, left_out={"": 5}, said=("deleted",)),
        ],
    ),
    Case("c37-timestamp-and-id-like-labels/reviews.csv", unlabelled(text="review")),
    Case("c38-is_bad_review/hotel.csv", two(text="review", label="is_bad_review")),
    Case("c39-foreign-header/avis.csv", two(text="avis", label="note")),
    Case("c40-hive-ctrl-a/000000_0", two()),
    Case(
        "c41-label-semantics-0-1-spam/spam.csv",
        [
            two("1|is_spam|spam|true|yes", "0|not.*|no spam|false|no|ham", label="is_spam"),
            two("1|.*spam.*|true|yes|positive", "0|.*spam.*|false|no|ham|negative", label="is_spam", said=("spam",)),
        ],
    ),
    Case("c42-reddit-score-upvotes/comments.csv", [unlabelled(text="body"), Refused("score", "votes|counts?")]),
    Case(
        "c43-model-probability-score/scored.csv",
        [unlabelled(text="text"), Told("probabilit"), Refused("probabilit|not whole|between 0 and 1")],
    ),
    Case(
        "c44-quoted-tsv-newlines/reviews.tsv",
        two(
            rows=(2,),
            shows={
                "The lid cracked on the second day\nand nobody answers my letters": NEGATIVE,
                "The kettle boils quickly\nand the handle stays cool, I am very pleased with it": POSITIVE,
            },
        ),
    ),
    Case("c45-pipe-double-delim/reviews.csv", two(text="text", label="label")),
)
