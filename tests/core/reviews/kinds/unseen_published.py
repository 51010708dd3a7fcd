"""Shapes of data sets that people download, made of other reviews: shops, films, hotels, in several languages."""

from __future__ import annotations

import gzip
import json

from tests.core.reviews.kinds.containers import tarred
from tests.core.reviews.kinds.made import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    Made,
    Review,
    cycle,
    expect,
    expect_texts,
    file,
    folder,
    lines,
    reviews,
    table,
)
from tests.core.reviews.verdicts import Read, Refused, Told

_EN, _DE, _FR, _RU = reviews(40), reviews(24, "de"), reviews(24, "fr"), reviews(24, "ru")
_KO, _ZH, _PL = reviews(24, "ko"), reviews(24, "zh"), reviews(24, "pl")


def _stars(review: Review, row: int) -> object:
    return cycle(review.good, row, (1, 2), (5, 4))


def _word(review: Review, bad: str = "negative", good: str = "positive") -> str:
    return good if review.good else bad


_QUOTED = [Review(f'"{text}' if n % 9 == 4 else text, good) for n, (text, good) in enumerate(_EN)]
_SHOP = (
    "marketplace customer_id review_id product_id product_parent product_title product_category star_rating "
    "helpful_votes total_votes vine verified_purchase review_headline review_body review_date"
).split()
_TRIPLED = [Review(f'"{text}"', good) for text, good in _EN]
_NEUTRAL = [f"It is number {n}, and neither here nor there" for n in range(6)]
_TSKV = "".join(
    f"address=Омск, ул. Мира, {n}\tname_ru=Кафе\trating={5 if r.good else 1}.\trubrics=Кафе;Бар\ttext={r.text}\n"
    for n, r in enumerate(_RU)
)

MADE: tuple[Made, ...] = (
    file(
        "unseen/shop_us.tsv",
        "\t".join(_SHOP)
        + "\n"
        + "".join(
            f"US\t1{n}\tR{n}\tB{n}\t9{n}\tTent, 6' wide\tOutdoors\t{_stars(r, n)}\t{n % 4}\t{n % 4 + 1}\tN\tY\tOne\t"
            f"{r.text}\t2015-08-31\n"
            for n, r in enumerate(_QUOTED)
        ),
        expect(_QUOTED, text="review_body", label="star_rating"),
    ),
    file(
        "unseen/clothing.csv",
        table(
            [
                "",
                "Clothing ID",
                "Age",
                "Title",
                "Review Text",
                "Rating",
                "Recommended IND",
                "Positive Feedback Count",
                "Division Name",
                "Class Name",
            ],
            [
                (
                    n,
                    767 + n % 5,
                    20 + n,
                    "",
                    r.text,
                    _stars(r, n),
                    int(r.good),
                    n % 6,
                    "General",
                    ("Dresses", "Knits")[n % 2],
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="Review Text", label="Rating|Recommended IND"),
    ),
    file(
        "unseen/SMSCollection",
        "".join(f"{_word(r, 'spam', 'ham')}\t{r.text}\n" for r in _QUOTED),
        expect(_QUOTED, "spam", "ham"),
    ),
    file(
        "unseen/extraction.csv",
        table(
            ["textID", "text", "selected_text", "sentiment"],
            [(f"{n:010x}", r.text, r.text[5:25], _word(r)) for n, r in enumerate(_EN)],
        ),
        expect(_EN, text="text", label="sentiment"),
    ),
    file(
        "unseen/critics.csv",
        table(
            [
                "rotten_link",
                "critic_name",
                "top_critic",
                "publisher_name",
                "review_type",
                "review_score",
                "review_date",
                "review_content",
            ],
            [
                (
                    "m/0814255",
                    "Kim",
                    ("False", "True")[n % 3 // 2],
                    "Daily",
                    _word(r, "Rotten", "Fresh"),
                    cycle(r.good, n, ("1.5/5", "D+", "2/4", ""), ("3.5/4", "B+", "4/5", "")),
                    "2010-02-06",
                    r.text,
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, "rotten|negative", "fresh|positive", text="review_content", label="review_type"),
    ),
    file(
        "unseen/parks.csv",
        table(
            ["Review_ID", "Rating", "Year_Month", "Reviewer_Location", "Review_Text", "Branch"],
            [
                (670 + n, _stars(r, n), "2019-4", "Côte d'Ivoire", r.text, ("Paris", "Tokyo")[n % 2])
                for n, r in enumerate(_FR)
            ],
        ).encode("cp1252"),
        expect(_FR, text="Review_Text", label="Rating"),
    ),
    folder(
        "unseen/films-ko",
        {
            "ratings_train.txt": "id\tdocument\tlabel\n"
            + "".join(f"{n}\t{r.text}\t{int(r.good)}\n" for n, r in enumerate(_KO)),
            "ratings_test.txt": "id\tdocument\tlabel\n1\t그저 그래요\t0\n",
        },
        expect(_KO, text="document", label="label", said=("test",)),
    ),
    file(
        "unseen/ten-shops-zh.csv",
        table(["cat", "label", "review"], [(("书籍", "平板")[n % 2], int(r.good), r.text) for n, r in enumerate(_ZH)]),
        expect(_ZH, text="review", label="label"),
    ),
    file(
        "unseen/dianping.csv",
        table(
            ["用户", "评分", "评论内容", "点赞数"], [(f"u{n}", _stars(r, n), r.text, n % 5) for n, r in enumerate(_ZH)]
        ),
        expect(_ZH, text="评论内容", label="评分"),
    ),
    file(
        "unseen/shop-ru.tsv",
        table(
            ["review", "sentiment"],
            [(r.text, _word(r)) for r in _RU] + [(text, "neautral") for text in _NEUTRAL],
            delimiter="\t",
        ),
        Read(kept=30, classes={NEGATIVE: 12, "neautral|neutral": 6, POSITIVE: 12}, text="review", label="sentiment"),
    ),
    file(
        "unseen/places.tskv",
        _TSKV,
        expect(_RU, text="text", label="rating"),
        Refused("key=value|name=value|TSKV|rating="),
    ),
    file(
        "unseen/polemo.txt",
        "".join(f"{r.text} . __label__meta_{_word(r, 'minus', 'plus')}_m\n" for r in _PL),
        expect(_PL, ".*minus.*|negative", ".*plus.*|positive", shown=lambda r: f"{r.text} ."),
        Told("__label__"),
    ),
    file(
        "unseen/germeval.tsv",
        "".join(
            f"http://x.invalid/{n}\t{r.text}\ttrue\t{_word(r)}\tService:{_word(r)} App:neutral\n"
            for n, r in enumerate(_DE)
        ),
        expect(_DE),
    ),
    file(
        "unseen/filmsfr.tar.bz2",
        tarred(
            {
                "data/train.jsonl": lines(
                    {"film-url": "x", "review": r.text, "polarity": int(r.good)} for r in _FR
                ).encode(),
                "data/test.jsonl": lines(
                    {"film-url": "x", "review": r.text, "polarity": int(r.good)} for r in _DE
                ).encode(),
            },
            "w:bz2",
        ),
        expect(_FR, text="review", label="polarity", said=("test",)),
    ),
    file(
        "unseen/polarity.tar.gz",
        tarred(
            {
                "rt/README.1.0": b"Polarity data",
                "rt/film.neg": "".join(f"{r.text} \n" for r in _EN if not r.good).encode("latin-1"),
                "rt/film.pos": "".join(f"{r.text} \n" for r in _EN if r.good).encode("latin-1"),
            }
        ),
        expect(_EN, shown=lambda r: f"{r.text} "),
        expect(_EN),
    ),
    folder(
        "unseen/glue",
        {
            "train.tsv": table(["sentence", "label"], [(f"{r.text} ", int(r.good)) for r in _EN], delimiter="\t"),
            "dev.tsv": "sentence\tlabel\nit is fine \t1\nit is not \t0\n",
            "test.tsv": "index\tsentence\n0\tit is fine \n",
        },
        expect(_EN, shown=lambda r: f"{r.text} ", said=("test", "dev|valid")),
        expect(_EN, said=("test", "dev|valid")),
    ),
    file(
        "unseen/in_domain_train.tsv",
        "".join(f"gj04\t{int(r.good)}\t{'' if r.good else '*'}\t{r.text}\n" for r in _EN),
        expect(_EN, "0|negative", "1|positive"),
    ),
    file(
        "unseen/drugs.tsv",
        "\tdrugName\tcondition\treview\trating\tdate\tusefulCount\n"
        + "".join(
            f'{n}\tValsartan\tPain\t"""{r.text}"""\t{cycle(r.good, n, (1.0, 3.0), (9.0, 10.0))}\tMay 20, 2012\t{n}\n'
            for n, r in enumerate(_EN)
        ),
        expect(_TRIPLED, text="review", label="rating"),
    ),
    file(
        "unseen/local.json.gz",
        gzip.compress(
            lines(
                {
                    "user_id": str(n),
                    "name": "Kim",
                    "time": 1609909927056,
                    "rating": _stars(r, n),
                    "text": None if n % 5 == 2 else r.text,
                    "pics": None,
                    "resp": {
                        "time": 1,
                        "text": "Thank you for your visit and for your kind and detailed words, see you soon!",
                    },
                    "gmap_id": "0x87:0x2d",
                }
                for n, r in enumerate(_EN)
            ).encode()
        ),
        expect(
            [r for n, r in enumerate(_EN) if n % 5 != 2], text="text", label="rating", left_out={"empty|missing": 8}
        ),
    ),
    file(
        "unseen/books.json",
        lines(
            {
                "user_id": f"{n:08x}",
                "book_id": 1,
                "review_id": f"{n:x}",
                "rating": 0 if n % 8 == 3 else _stars(r, n),
                "review_text": r.text,
                "date_added": "Fri Aug 25 13:55:02 -0700 2017",
                "n_votes": n % 3,
                "n_comments": n % 2,
            }
            for n, r in enumerate(_EN)
        ),
        expect(
            [r for n, r in enumerate(_EN) if n % 8 != 3], text="review_text", label="rating", left_out={"0|missing": 5}
        ),
        Told(r"\b0\b"),
    ),
    file(
        "unseen/listings.csv",
        table(
            ["listing_id", "id", "date", "reviewer_id", "reviewer_name", "comments"],
            [(2818, 191 + n, "2009-03-30", 10 + n, "Kim", r.text) for n, r in enumerate(_EN)],
        ),
        expect_texts(_EN, text="comments"),
    ),
    file(
        "unseen/restaurants.csv",
        table(
            ["name", "reviews_list", "rate"],
            [
                ("Cafe", str([("Rated 4.0", f"RATED\n  {r.text}"), ("Rated 2.0", f"RATED\n  {r.text}")]), "4.1/5")
                for r in _EN[:12]
            ],
        ),
        Refused("reviews_list|list"),
        Told("reviews_list|list"),
    ),
    file(
        "unseen/processed.review",
        "".join(f"{':1 '.join(r.text.lower().split())}:1 #label#:{_word(r)}\n" for r in _EN),
        Refused("count|feature|#label#"),
        Told("count|feature|#label#"),
    ),
    file(
        "unseen/labeled.feat",
        "".join(f"{5 if r.good else 1} 0:{n % 9} 3:1 7:{n % 4} 19:2\n" for n, r in enumerate(_EN)),
        Refused("feature|count|svmlight|numbers|no text"),
    ),
    file(
        "unseen/balanced.txt",
        table(
            ["no", "Hotel name", "rating", "user type", "review"],
            [(n, "فندق", _stars(r, n), "زوج", r.text) for n, r in enumerate(_EN)],
            delimiter="\t",
        ).encode("utf-16"),
        expect(_EN, text="review", label="rating"),
    ),
    file(
        "unseen/beauty.csv",
        table(
            [
                "",
                "author_id",
                "rating",
                "is_recommended",
                "helpfulness",
                "total_feedback_count",
                "skin_tone",
                "review_text",
                "review_title",
                "product_name",
            ],
            [
                (n, 17 + n, _stars(r, n), float(r.good), 0.5, n % 3, ("light", "deep")[n % 2], r.text, "", "Mask")
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="review_text", label="rating|is_recommended"),
    ),
    file(
        "unseen/phones.csv",
        table(
            ["product_name", "product_price", "Rate", "Review", "Summary", "Sentiment"],
            [
                ("Phone", "3,999", _stars(r, n), "super!" if r.good else "no", r.text, _word(r))
                for n, r in enumerate(_EN)
            ]
            + [("Phone", "3,999", 3, "ok", text, "neutral") for text in _NEUTRAL],
        ),
        Read(
            kept=46,
            classes={NEGATIVE: 20, NEUTRAL: 6, POSITIVE: 20},
            text="Summary|Review.*Summary.*",
            label="Sentiment",
        ),
        Read(
            kept=46,
            classes={NEGATIVE: 20, NEUTRAL: 6, POSITIVE: 20},
            text="Review",
            label="Sentiment",
            said=("Summary",),
        ),
        Read(kept=40, classes={NEGATIVE: 20, POSITIVE: 20}, text="Summary", label="Rate", left_out={"neither": 6}),
    ),
    file(
        "unseen/json-seq-in-txt.txt",
        lines({"overall": _stars(r, n), "reviewText": r.text} for n, r in enumerate(_EN)),
        expect(_EN, text="reviewText", label="overall"),
    ),
    file(
        "unseen/wrapped.json",
        json.dumps(
            {
                "data": {
                    "reviews": {
                        "edges": [
                            {"node": {"body": r.text, "stars": _stars(r, n)}, "cursor": str(n)}
                            for n, r in enumerate(_DE)
                        ],
                        "pageInfo": {"hasNextPage": False},
                    }
                }
            }
        ),
        expect(_DE, text=".*body", label=".*stars"),
    ),
)
