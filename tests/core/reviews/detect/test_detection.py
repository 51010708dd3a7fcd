"""What is detected: encoding, delimiter, header, the roles of columns, and the meaning of labels."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.options import ReadingOptions

LAB = "reviewText,summary,verified,time,log_votes,rating,isPositive"
LAB_ROWS = [
    'It is a fine cable,"Nice, strong",True,1458864000,0.0,5.0,1',
    "It broke in a day,Poor,False,1458864001,1.0986122886681098,1.0,0",
    "Does what it says,Works,True,1458864002,0.0,4.0,1",
    "Not so sure of it,Meh,True,1458864003,0.6931471805599453,3.0,0",
]
CLOTHING = "Title,Review Text,Rating,Recommended IND,Department Name,Clothing ID,Age,Positive Feedback Count"
CLOTHING_ROWS = [
    ",Absolutely wonderful - silky and soft,4,1,Intimate,767,33,0",
    'Some flaws,"I had such high hopes, really",3,0,Dresses,1080,60,4',
    "My favourite,I love this jumpsuit,5,1,Bottoms,1049,50,1",
]


def table(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def without_last(lines: list[str]) -> list[str]:
    return [line.rpartition(",")[0] for line in lines]


def roles(reviews: Any) -> tuple[Any, ...]:
    report = reviews.report
    return report.text_column, report.title_column, report.label_column, report.scheme


def test_the_labs_schema_is_understood(read: Any) -> None:
    reviews = read(table(LAB, LAB_ROWS))
    assert roles(reviews) == ("reviewText", "summary", "isPositive", "binary")
    assert reviews.text(0) == "Nice, strong. It is a fine cable"
    assert reviews.report.class_counts == {"negative": 2, "positive": 2}


def test_without_its_label_the_rating_is_taken(read: Any) -> None:
    reviews = read(table(LAB.rpartition(",")[0], without_last(LAB_ROWS)))
    assert roles(reviews) == ("reviewText", "summary", "rating", "stars_binary")
    assert reviews.report.left_out == {"3 stars: neither negative nor positive": 1}
    assert reviews.report.schemes == ["stars_binary", "stars", "as_is"]


def test_the_clothing_schema_is_understood(read: Any) -> None:
    reviews = read(table(CLOTHING, CLOTHING_ROWS))
    assert roles(reviews) == ("Review Text", "Title", "Recommended IND", "binary")
    assert [column.name for column in reviews.report.columns] == CLOTHING.split(",")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("review,sentiment\nA good one,positive\nA bad one,negative\n", ("review", None, "sentiment", "as_is")),
        ("label,title,content\n1,Fine,It is good\n0,Poor,It is bad\n", ("content", "title", "label", "binary")),
        ("text;stars\nA good one;5\nA bad one;1\n", ("text", None, "stars", "stars_binary")),
        (
            "id,date,comment,class\n1,2024-01-02,A good one,pos\n2,2024-01-03,A bad one,neg\n",
            ("comment", None, "class", "as_is"),
        ),
        ("text,category,rating\nA good one,Toys,5\nA bad one,Books,1\n", ("text", None, "rating", "stars_binary")),
        ("text,category\nA good one,Toys\nA bad one,Books\nAnother one,Toys\n", ("text", None, "category", "as_is")),
        (
            "text,verified,helpful_votes,user_id\nA good one,1,0,1\nA bad one,0,1,1\n",
            ("text", None, None, "unlabelled"),
        ),
        ("review,text\n5,A good one indeed\n1,A bad one it is\n", ("text", None, None, "unlabelled")),
        ("A good one,1\nA bad one,0\nOdd one,1\n", ("column_1", None, "column_2", "binary")),
        ("5\tA good one\n1\tA bad one\n", ("column_2", None, "column_1", "stars_binary")),
        ("A good one|positive\nA bad one|negative\nOne more|positive\n", ("column_1", None, "column_2", "as_is")),
        (
            "what they said,pleased\nIt is a good one,yes\nIt is a bad one,no\n",
            ("what they said", None, "pleased", "binary"),
        ),
        ("review\nA good one, indeed\nA bad one\n", ("review", None, None, "unlabelled")),
        (",text,label\n0,A good one,1\n1,A bad one,0\n", ("text", None, "label", "binary")),
    ],
)
def test_columns_are_found_by_name_and_by_value(read: Any, content: str, expected: tuple[Any, ...]) -> None:
    assert roles(read(content)) == expected


@pytest.mark.parametrize(
    ("values", "names", "scheme"),
    [
        (["1", "0"], ["negative", "positive"], "binary"),
        (["1.0", "0.0"], ["negative", "positive"], "binary"),
        (["True", "False"], ["negative", "positive"], "binary"),
        (["yes", "No"], ["negative", "positive"], "binary"),
        (["pos", "neg"], ["neg", "pos"], "as_is"),
        (["positive", "neutral", "negative"], ["negative", "neutral", "positive"], "as_is"),
        (["very positive", "very negative", "neutral"], ["very negative", "neutral", "very positive"], "as_is"),
        (["10", "9", "2"], ["2", "9", "10"], "as_is"),
        (["Toys", "Books", "books"], ["Books", "Toys"], "as_is"),
        (["5", "1"], ["negative", "positive"], "stars_binary"),
        (["4.0", "2.0", "5 stars", "1/5", "★★★★☆"], ["negative", "positive"], "stars_binary"),
        (["2", "1", "0"], ["0", "1", "2"], "as_is"),
    ],
)
def test_label_kinds_become_classes_in_order(read: Any, values: list[str], names: list[str], scheme: str) -> None:
    reviews = read("text,label\n" + "".join(f"A thing that I bought,{value}\n" for value in values))
    assert (reviews.label_names, reviews.report.scheme) == (names, scheme)
    assert len(reviews) == len(values)


def test_star_ratings_can_be_five_classes(read: Any) -> None:
    content = "text,rating\n" + "".join(f"A thing that I bought,{stars}.0\n" for stars in (5, 3, 1, 2, 4))
    reviews = read(content, scheme="stars")
    assert reviews.label_names == ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    assert reviews.labels.tolist() == [4, 2, 0, 1, 3]
    assert read(content, scheme="as_is").label_names == ["1", "2", "3", "4", "5"]


def test_true_in_a_column_of_bad_news_is_negative(read: Any) -> None:
    assert read("text,is_negative\nA bad one,1\nA good one,0\n").labels.tolist() == [0, 1]


def test_a_models_labels_give_order_and_names(read: Any) -> None:
    content = "text,sentiment\nA good one,pos\nA bad one,Negative\nOdd one,mixed\n"
    reviews = read(content, labels=["POSITIVE", "NEGATIVE"])
    assert reviews.labels.tolist() == [0, 1]
    assert reviews.report.left_out == {"unknown label": 1}
    stars = read("text,rating\nA good one,5\nA fair one,3\n", labels=[f"{n} star{'s' * (n > 1)}" for n in range(1, 6)])
    assert (stars.labels.tolist(), stars.report.scheme) == ([4, 2], "stars")
    assert read("text,label\nA good one,1\nA bad one,0\n", labels=["LABEL_0", "LABEL_1"]).labels.tolist() == [1, 0]
    assert read("Only one text here\n", ".txt", labels=["a", "b"]).label_names == ["a", "b"]


def test_renamed_classes_keep_negative_before_positive(read: Any) -> None:
    content = "text,label\nA bad one,1\nA good one,0\n"
    assert read(content, label_names={"0": "positive", "1": "negative"}).labels.tolist() == [0, 1]
    assert read(content, label_names={"0.0": "happy", "1": "sad"}).label_names == ["happy", "sad"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("suffix", [".csv", ".json", ""])
def test_encodings_are_found(read: Any, encoding: str, suffix: str) -> None:
    texts = ["Café “très” chic – voilà…", "Über alle Maßen schön", "Plain and simple"]
    if suffix == ".json":
        content = str([{"text": text, "label": index % 2} for index, text in enumerate(texts)]).replace("'", '"')
    else:
        content = "text,label\r\n" + "".join(f"{text},{index % 2}\r\n" for index, text in enumerate(texts))
    assert read(content.encode(encoding), suffix).texts([0, 1, 2]) == texts


def test_an_old_mac_file_has_lines_too(read: Any) -> None:
    reviews = read("text,label\rA good one,1\rA bad one,0\r")
    assert (reviews.texts([0, 1]), reviews.place(1)[1]) == (["A good one", "A bad one"], 3)


def test_windows_text_deep_in_a_file_is_found(read: Any) -> None:
    content = "text,label\n" + "It is plain,1\n" * 200_000 + "It is caf\xe9,0\n"
    reviews = read(content.encode("cp1252"))
    assert (reviews.report.encoding, reviews.text(200_000)) == ("cp1252", "It is café")
    assert any("Windows-1252" in notice for notice in reviews.report.notices)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map("x".__add__), min_size=2),
    delimiter=st.sampled_from(",;\t|"),
    header=st.booleans(),
)
def test_delimiter_and_header_are_found(read: Any, texts: list[str], delimiter: str, header: bool) -> None:
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    lines = [f"{index}{delimiter}{text}{delimiter}{index % 2}" for index, text in enumerate(quoted)]
    content = "\n".join([delimiter.join(("id", "text", "label"))] * header + lines)
    report = read(content).report
    assert (report.delimiter, report.header, report.rows) == (delimiter, header, len(texts))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"text": "words"}, r"has no column “words”; it has review, label\. Change --text\."),
        ({"label": "\x1b[31m"}, r"has no column “␛\[31m”; .* Change --label\."),
        ({"text": "review", "label": "review"}, "must be different columns"),
        ({"delimiter": ":" * 17}, "A delimiter is one character"),
        ({"encoding": "idna"}, "cannot be read as “idna”"),
        ({"encoding": "klingon"}, "There is no text encoding “klingon”"),
        ({"label": "review", "text": "label", "scheme": "stars"}, "no usable review.*unknown label"),
    ],
)
def test_wrong_options_are_refused(read: Any, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read("review,label\nIt is good,1\nIt is bad,0\n", **options)


def test_options_are_compared_loosely_by_name(read: Any) -> None:
    assert (
        read("review,My Label\nIt is good,1\n", **ReadingOptions(label="my_label").model_dump()).report.label_column
        == "My Label"
    )
