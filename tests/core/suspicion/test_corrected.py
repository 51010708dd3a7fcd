"""Corrected files: every row and column as it was, except for what was decided, and nothing is ever overwritten."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.formats.delimited.table import DelimitedTable
from core.reviews.formats.table import ReadAgainError
from core.reviews.hashing import text_hash
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.suspicion.corrected import write_corrected
from core.suspicion.decided import decided_about
from core.suspicion.listing import keep, read_kept
from core.suspicion.report import Corrected
from core.triage.decision import Decision, State
from core.triage.decisions import DecisionLog
from tests.core.suspicion.test_listing import FOUND, suspect
from tests.hostile import SOUND

ROWS = [
    ("Great lamp, works", "1", "17"), ("Broken on arrival", "0", "-3"), ("broken  on ARRIVAL", "1", "x"),
    ("Cheap and awful", "1", ""), ("", "1", "no text"), ("Lovely soft chair", "0", "5"),
    ("It is, well, a zip", "", "6"), *((f"Lovely number {n}", "1", "a") for n in range(8)),
    *((f"Awful number {n}", "0", "b") for n in range(8)),
]  # fmt: skip
HEAD = ("review", "isPositive", "note")


def decision(text: str, verdict: str, state: State = "label", time: float = 1e9) -> Decision:
    return Decision(
        hash=f"{text_hash(text):016x}", row=0, file="r.csv", line=1, text=text, state=state, verdict=verdict, time=time
    )


def table(path: Path, rows: Sequence[Sequence[str]] = ROWS, head: Sequence[str] = HEAD) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",").writerows([head, *rows])
    return path


def corrected(
    source: Path, decisions: list[Decision], output: Path | None = None, options: ReadingOptions | None = None
) -> Corrected:
    return write_corrected(str(source), options or ReadingOptions(), decisions, output, lambda what, share: None)


def cells(path: Path | str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def classes(reviews: Reviews) -> dict[str, str]:
    return {reviews.text(row): reviews.label_names[reviews.labels[row]] for row in range(len(reviews))}


def test_all_rows_and_columns_stay_and_only_what_was_decided_changes(tmp_path: Path) -> None:
    source = table(tmp_path / "reviews.csv")
    before = source.read_bytes()
    done = corrected(
        source,
        [
            decision("Broken on arrival", "negative"),
            decision("cheap and awful", "negative"),
            decision("Lovely soft chair", "", "ambiguous"),
            decision("It is, well, a zip", "positive"),
            decision("Not in the file", "positive"),
            decision("Great lamp, works", "mixed"),
            decision("Lovely number 3", "", "skip"),
        ],
    )
    assert done.output == str(tmp_path / "reviews-corrected-1.csv") and source.read_bytes() == before
    rows = cells(done.output)
    assert [row["review"] for row in rows] == [text for text, _, _ in ROWS]
    assert [row["note"] for row in rows] == [note for _, _, note in ROWS]
    changed = {row["review"]: (row["isPositive"], row["correction"], row["corrected_from"]) for row in rows}
    assert changed.pop("Broken on arrival") == ("0", "confirmed", "")
    assert changed.pop("broken  on ARRIVAL") == ("0", "corrected", "1")
    assert changed.pop("Cheap and awful") == ("0", "corrected", "1")
    assert changed.pop("Lovely soft chair") == ("0", "ambiguous", "")
    assert changed.pop("It is, well, a zip") == ("1", "corrected", "")
    assert changed == {text: (label, "", "") for text, label, _ in ROWS if text in changed}
    assert {row["corrected_on"] for row in rows} == {"", "2001-09-09T01:46:40+00:00"}
    assert (done.rows, done.corrected, done.confirmed, done.ambiguous) == (len(ROWS), 3, 1, 1)
    assert (done.missing, done.unknown, done.unread, done.label) == (1, {"mixed": 1}, 0, "isPositive")


def test_each_file_is_the_next_version_and_none_is_overwritten(tmp_path: Path) -> None:
    source = table(tmp_path / "reviews.csv")
    names, contents = [], []
    for verdict in ("positive", "negative"):
        done = corrected(source, [decision("Cheap and awful", verdict)])
        names.append(Path(done.output).name)
        contents.append(Path(done.output).read_bytes())
    assert names == ["reviews-corrected-1.csv", "reviews-corrected-2.csv"]
    assert (tmp_path / names[0]).read_bytes() == contents[0]
    again = corrected(tmp_path / names[0], [decision("Broken on arrival", "positive")])
    assert again.output == str(tmp_path / "reviews-corrected-3.csv")
    (tmp_path / "reviews-corrected-4.csv").symlink_to(tmp_path / "nowhere")
    assert corrected(source, [decision("Cheap and awful", "negative")]).output.endswith("-corrected-5.csv")
    with pytest.raises(InputError, match="already exists, and nothing is overwritten"):
        corrected(source, [decision("Cheap and awful", "negative")], tmp_path / names[0])
    assert (tmp_path / names[0]).read_bytes() == contents[0]


def test_a_version_keeps_what_earlier_ones_say_of_rows_that_are_not_decided_again(tmp_path: Path) -> None:
    first = corrected(table(tmp_path / "reviews.csv"), [decision("Cheap and awful", "negative")])
    second = corrected(Path(first.output), [decision("Lovely number 1", "negative", time=2e9)])
    rows = {row["review"]: row for row in cells(second.output)}
    assert list(rows["Cheap and awful"])[-3:] == ["correction", "corrected_from", "corrected_on"]
    assert (rows["Cheap and awful"]["correction"], rows["Cheap and awful"]["isPositive"]) == ("corrected", "0")
    assert rows["Lovely number 1"]["corrected_on"].startswith("2033")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn"]), min_size=1, max_size=25)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from([".csv", ".tsv", ".jsonl"]), output=st.sampled_from([".csv", ".jsonl"]))
def test_what_is_written_is_read_with_the_same_texts_and_the_corrected_labels(
    data: st.DataObject, suffix: str, output: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("made")
    names = data.draw(st.sampled_from([("negative", "positive"), ("bad", "fair", "good"), ("pos", "neg")]))
    texts = data.draw(st.lists(WORDS, min_size=4, max_size=12, unique_by=text_hash))
    made = [(f"{text.strip()} is what {n} said of it", names[n % len(names)]) for n, text in enumerate(texts)]
    made += [(f"Nothing more was said, {n}", names[n % len(names)]) for n in range(8)]
    if suffix == ".jsonl":
        source = folder / "r.jsonl"
        source.write_text("".join(json.dumps({"review": a, "label": b}) + "\n" for a, b in made), encoding="utf-8")
    else:
        source = table(folder / f"r{suffix}", made, ("review", "label"))
    options = ReadingOptions(text="review", label="label")
    before = read_reviews(source, options)
    chosen = data.draw(st.lists(st.integers(0, len(before) - 1), min_size=1, max_size=6, unique=True))
    wanted = classes(before)
    made_decisions = []
    for row in chosen:
        verdict = data.draw(st.sampled_from(before.label_names))
        made_decisions.append(decision(before.text(row), verdict))
        wanted[before.text(row)] = verdict
    if len(set(wanted.values())) < len(before.label_names):
        return  # a class without a review is no class any more
    done = corrected(source, made_decisions, folder / f"out{output}", options)
    after = read_reviews(Path(done.output), options)
    assert classes(after) == wanted
    assert done.corrected + done.confirmed == len(chosen)


def test_without_being_told_it_is_read_like_its_source(tmp_path: Path) -> None:
    source = table(tmp_path / "reviews.csv")
    done = corrected(source, [decision("Cheap and awful", "negative"), decision("Lovely number 2", "positive")])
    before, after = (read_reviews(path).report for path in (source, Path(done.output)))
    assert (after.text_column, after.label_column, after.scheme) == ("review", "isPositive", before.scheme)
    assert after.meaning == before.meaning and not after.doubts


def test_where_a_class_is_a_range_of_ratings_the_ratings_stay(tmp_path: Path) -> None:
    rows = [(f"Review number {n} of a lamp", str(1 + n % 5)) for n in range(40)]
    source = table(tmp_path / "stars.csv", rows, ("review", "rating"))
    done = corrected(source, [decision("Review number 0 of a lamp", "positive")])
    written = cells(done.output)
    assert [row["rating"] for row in written] == [rating for _, rating in rows] and done.label == "label"
    assert [row["label"] for row in written[:5]] == ["positive", "negative", "", "positive", "positive"]
    assert written[0]["corrected_from"] == "negative"
    after = read_reviews(Path(done.output), ReadingOptions(label="label"))
    assert classes(after)["Review number 0 of a lamp"] == "positive" and len(after) == 32


def test_a_table_that_is_to_be_read_again_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks, failures = DelimitedTable.chunks, [True]

    def once_more(self: DelimitedTable, rows: int = 4_000):  # type: ignore[no-untyped-def]
        yield from chunks(self, rows)
        if failures and rows == 4_000:
            failures.pop()
            raise ReadAgainError

    source = table(tmp_path / "reviews.csv")
    read_reviews(source)
    monkeypatch.setattr(DelimitedTable, "chunks", once_more)
    done = corrected(source, [decision("Cheap and awful", "negative")])
    assert not failures and (done.rows, done.corrected) == (len(ROWS), 1)
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["reviews-corrected-1.csv", "reviews.csv"]
    assert len(cells(done.output)) == len(ROWS)


@pytest.mark.parametrize(
    ("decisions", "said"),
    [([], "Nothing was decided"), ([decision("Great lamp, works", "", "skip")], "Nothing was decided")],
)
def test_without_decisions_there_is_no_file(decisions: list[Decision], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        corrected(table(tmp_path / "reviews.csv"), decisions)
    assert [path.name for path in tmp_path.glob("*.*")] == ["reviews.csv"]


def test_texts_that_steer_or_calculate_come_back_and_do_neither(tmp_path: Path) -> None:
    rows = [(text, ("1", "0")[number % 2], text) for number, text in enumerate(SOUND) if "\x00" not in text]
    source = table(tmp_path / "reviews.csv", rows)
    some = read_reviews(source)
    done = corrected(source, [decision(some.text(5), "positive")])
    for row in cells(done.output):
        assert not row["review"].startswith(("=", "+", "-", "@", "\t"))
        assert not row["note"].startswith(("=", "@", "\t"))
    exact = corrected(source, [decision(some.text(5), "positive")], tmp_path / "exact.jsonl")
    kept = [json.loads(line) for line in Path(exact.output).read_bytes().splitlines()]
    assert {row["review"] for row in kept} >= set(some.texts(range(len(some))))


def test_what_was_decided_in_the_pile_of_suspects_and_in_the_file_counts_the_latest_last(
    tmp_path: Path, home: Path
) -> None:
    source = table(tmp_path / "reviews.csv")
    keep(str(source), ReadingOptions(), FOUND, ["negative", "positive"], [suspect(1, "Cheap and awful")])
    kept = read_kept(str(source))
    assert kept is not None and decided_about(str(source)) == []
    for pile, verdict, time in ((str(source), "positive", 5.0), (str(kept.pile), "negative", 6.0)):
        log = DecisionLog(pile, clock=lambda time=time: time)  # type: ignore[misc]
        log.decide(decision("Cheap and awful", verdict))
        log.decide(msgspec.structs.replace(decision("Lovely number 4", verdict), row=9))
        log.close()
    found = decided_about(str(source))
    assert [(one.text, one.verdict) for one in found[-2:]] == [
        ("Cheap and awful", "negative"),
        ("Lovely number 4", "negative"),
    ]
    assert corrected(source, found).corrected == 2
    assert [one.verdict for one in decided_about(str(source), str(source))] == ["positive", "positive"]
