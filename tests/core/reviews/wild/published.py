"""Published data sets (folders a…): what a person expects, by source."""

from __future__ import annotations

from tests.core.reviews.verdicts import Case, Read, Refused
from tests.core.reviews.wild.made import POSITIVE, SENTENCES, two, unlabelled

_ACL = "{}<br /><br />And I mean it."
_FASTTEXT = {
    f"The lid cracked on t: {SENTENCES[0]}": "1|negative",
    f"The kettle boils qui: {SENTENCES[1]}": "2|positive",
    f"Easy to clean: {SENTENCES[19]}": "2|positive",
}

CASES = (
    Case("a01-amazon2023-jsonl/All_Beauty.jsonl", two(text="text", label="rating")),
    Case("a02-amazon2023-jsonl-gz/All_Beauty.jsonl.gz", [two(text="text", label="rating"), Refused("gzip", "gunzip")]),
    Case("a03-amazon2018-json/Software.json", two(text="reviewText", label="overall")),
    Case("a04-amazon2018-json-gz/Software.json.gz", [two(text="reviewText", label="overall"), Refused("gunzip")]),
    Case("a05-amazon2014-python-dicts/reviews_Baby.json", [two(text="reviewText", label="overall"), Refused("Python")]),
    Case(
        "a07-amazon-polarity-csv/train.csv",
        two("1|negative", "2|positive", rows=(2, 18), shows={SENTENCES[0] + r"\nSecond line": "1|negative"}),
    ),
    Case(
        "a08-yelp-full-csv/train.csv",
        two(wrap=r"{}\n\nBye", left_out={"3 stars": 1}),
    ),
    Case(
        "a09-ag-news-csv/train.csv",
        Read(
            kept=20,
            classes=dict.fromkeys("1234", 5),
            shows={text: str(row % 4 + 1) for row, text in enumerate(SENTENCES)},
        ),
    ),
    Case("a10-fasttext-txt/train.ft.txt", two("1|negative", "2|positive", rows=(), shows=_FASTTEXT)),
    Case(
        "a11-fasttext-bz2/train.ft.txt.bz2",
        [two("1|negative", "2|positive", rows=(), shows=_FASTTEXT), Refused("bzip2", "bunzip2")],
    ),
    Case(
        "a12-aclimdb-tree/aclImdb",
        [two(wrap=_ACL, said=("test",)), Refused("train", "folder")],
    ),
    Case("a12-aclimdb-tree/aclImdb/train", two(wrap=_ACL)),
    Case("a12-aclimdb-tree/aclImdb/test", two(wrap=_ACL)),
    Case(
        "a12-aclimdb-tree/aclImdb/train/pos",
        [
            unlabelled(10, wrap=_ACL, rows=(1, 19)),
            Read(kept=10, classes={POSITIVE: 10}, shows={_ACL.format(SENTENCES[1]): POSITIVE}),
        ],
    ),
    Case(
        "a13-sentiment140/training.1600000.processed.noemoticon.csv", two("0|negative", "4|positive", wrap="@sam {} é")
    ),
    Case(
        "a15-rt-polarity",
        [
            two(
                rows=(),
                shows={
                    "the lid cracked on the second day and nobody answers my letters .": "neg|negative",
                    "lovely soft blanket, my daughter sleeps under it every single night café .": "pos|positive",
                },
            ),
            Refused("rt-polarity.neg", "rt-polarity.pos"),
        ],
    ),
    Case(
        "a15-rt-polarity/rt-polarity.pos",
        [
            Read(kept=10, shows={"lovely soft blanket, my daughter sleeps under it every single night café .": None}),
            Read(
                kept=10,
                classes={POSITIVE: 10},
                shows={"lovely soft blanket, my daughter sleeps under it every single night café .": POSITIVE},
            ),
        ],
    ),
    Case(
        "a15-rt-polarity/rt-polarity.neg",
        [
            Read(kept=10, shows={"smells of glue even after three washes, i threw it away at last .": None}),
            Read(
                kept=10,
                classes={"neg|negative": 10},
                shows={"smells of glue even after three washes, i threw it away at last .": "neg|negative"},
            ),
        ],
    ),
    Case(
        "a16-sst-trees-txt/train.txt",
        [
            two("1|negative", "3|positive", rows=(), shows={"The lid cracked": "1|negative", "Smells of glue": None}),
            Refused("trees|parse|bracket"),
        ],
    ),
    Case("a17-sst-datasetSentences/datasetSentences.txt", unlabelled(wrap="{} .", text="sentence")),
    Case(
        "a18-multidomain-review-xml/positive.review",
        [
            Read(kept=10, classes={POSITIVE: 10}, shows={SENTENCES[1]: POSITIVE, SENTENCES[19]: POSITIVE}),
            Refused("XML|<review>|tags"),
        ],
    ),
    Case("a19-yelp-json/yelp_academic_dataset_review.json", two(text="text", label="stars")),
    Case(
        "a20-txt-sentoken-tree",
        [
            two(rows=(), shows=dict.fromkeys((f"{SENTENCES[0].lower()} .\nthe second sentence of it .",), "neg.*")),
            Refused("txt_sentoken"),
        ],
    ),
    Case(
        "a20-txt-sentoken-tree/txt_sentoken",
        two(
            rows=(),
            shows={
                f"{SENTENCES[0].lower()} .\nthe second sentence of it .": "neg|negative",
                f"{SENTENCES[19].lower()} .\nthe second sentence of it .": "pos|positive",
            },
        ),
    ),
    Case(
        "a20-txt-sentoken-tree/txt_sentoken/pos",
        [
            Read(kept=10, shows={f"{SENTENCES[1].lower()} .\nthe second sentence of it .": None}),
            Read(
                kept=10,
                classes={POSITIVE: 10},
                shows={f"{SENTENCES[1].lower()} .\nthe second sentence of it .": POSITIVE},
            ),
        ],
    ),
)
