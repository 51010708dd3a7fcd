"""Exports of shops, app stores and agencies (folders b…): what a person expects, by source."""

from __future__ import annotations

from tests.core.reviews.verdicts import Case, Read, Refused
from tests.core.reviews.wild.made import NEGATIVE, POSITIVE, SENTENCES, two

_SEP = ("sep=", "delimiter")

CASES = (
    Case(
        "b01-steam-score-minus1/dataset.csv",
        Read(
            kept=20,
            classes={"-1|negative": 8, "1|positive": 12},
            shows={SENTENCES[2]: "-1|negative", SENTENCES[19]: "1|positive"},
            text="review_text",
            label="review_score",
        ),
    ),
    Case(
        "b02-steam-score-95pos/dataset.csv",
        Read(
            kept=60,
            classes={"-1|negative": 2, "1|positive": 58},
            shows={SENTENCES[0]: "-1|negative", f"{SENTENCES[19]} (order 59)": "1|positive"},
            text="review_text",
            label="review_score",
        ),
    ),
    Case(
        "b03-steam-recommendation-words/steam_reviews.csv",
        two("not recommended|negative", "recommended|positive", text="review", label="recommendation"),
    ),
    Case(
        "b05-googleplay-console-utf16/reviews_com.example_202401.csv",
        Read(
            kept=13,
            classes={NEGATIVE: 6, POSITIVE: 7},
            left_out={"empty|missing": 7},
            shows={SENTENCES[2]: NEGATIVE, SENTENCES[1]: POSITIVE},
            text="Review Text",
            label="Star Rating",
        ),
    ),
    Case("b06-excel-sep-line/export.csv", two(text="Review", label="Stars", aside=_SEP)),
    Case("b07-excel-sep-line-utf16/export.csv", two(text="Review", label="Stars", aside=_SEP)),
    Case("b08-semicolon-decimal-comma/export.csv", two(text="Text", label="rating")),
    Case("b09-trustpilot/trustpilot.csv", two(text="Review Content", label="Review Stars")),
    Case("b10-appstore-python-dicts-col/app.csv", two(text="review", label="rating")),
    Case("b12-datafiniti-amazon/1429_1.csv", two(text=r"reviews\.text", label=r"reviews\.rating")),
    Case(
        "b15-glassdoor-pros-cons/glassdoor_reviews.csv",
        [
            Read(kept=20, classes={NEGATIVE: 10, POSITIVE: 10}, label="overall_rating", said=("cons",)),
            Read(kept=20, classes={NEGATIVE: 10, POSITIVE: 10}, label="overall_rating", text=".*pros.*cons.*"),
        ],
    ),
    Case("b16-google-business-json/reviews.json", two(text="comment", label="starRating")),
    Case(
        "b17-itunes-rss-json/customerreviews.json",
        [two(text=r".*content.*", label=".*rating.*"), Refused("feed", "entry")],
    ),
    Case("b18-steam-api-json/appreviews.json", two(text="review", label="voted_up")),
    Case(
        "b19-snap-finefoods-records/finefoods.txt",
        [two(text=".*text", label=".*score"), Refused("key: value|records|review/text")],
    ),
    Case("b20-semeval-txt-3col/twitter-2016train-A.txt", two()),
    Case("b21-financial-phrasebank-at/Sentences_AllAgree.txt", two(wrap="{} .")),
    Case("b23-drugs-folder-train-test-names", two(text="review", label="rating", said=("test",))),
    Case("b23-drugs-folder-train-test-names/drugsComTest_raw.tsv", two(wrap="{} again", label="rating")),
    Case("b24-folder-imdb_train-imdb_test", two(text="text", label="label", said=("test",))),
    Case("b24-folder-imdb_train-imdb_test/imdb_test.csv", two(wrap="{} again")),
    Case("b25-twitter-airline/Tweets.csv", two(text="text", label="airline_sentiment")),
    Case("b26-mcdonalds-star-words/McDonald_s_Reviews.csv", two(text="review", label="rating")),
)
