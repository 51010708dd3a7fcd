"""JSON in its shapes, typed files, archives and folders (folders d…, e…, f…)."""

from __future__ import annotations

from tests.core.reviews.verdicts import Case, Read, Refused
from tests.core.reviews.wild.made import NEGATIVE, POSITIVE, SENTENCES, two

_FLAT = two(text="text", label="label")
_ZERO_ONE = two("0|negative|bad", "1|positive|good")
_NAMED = two("bad|negative", "good|positive", text="text", label="label")
_AMAZON = two(text="text", label="rating")

CASES = (
    Case("d01-pandas-to_json-columns/df.json", _FLAT),
    Case("d02-pandas-to_json-split/df.json", [_FLAT, Refused("split", "orient")]),
    Case("d03-pandas-to_json-index/df.json", [_FLAT, Refused("index", "orient")]),
    Case("d04-pandas-to_json-table/df.json", _FLAT),
    Case("d05-json-values/df.json", [two(), Refused("holds no JSON objects", "each review must be one|names")]),
    Case("d06-jq-pretty-objects/reviews.json", _FLAT),
    Case(
        "d07-json-train-test-splits/all.json",
        Read(
            kept=12,
            classes={NEGATIVE: 6, POSITIVE: 6},
            shows={SENTENCES[0]: NEGATIVE, SENTENCES[11]: POSITIVE},
            said=("test",),
        ),
    ),
    Case("d08-json-by-class/all.json", two()),
    Case("d09-labelstudio-json/project-1.json", two(text=r".*text", label=".*(sentiment|choice).*")),
    Case("d10-labelstudio-json-min/project-1-min.json", two(text="text", label="sentiment")),
    Case(
        "d11-doccano-jsonl/admin.jsonl",
        [
            two(text="text", label="label", left_out={"": 2}),
            Read(
                kept=21,
                classes={NEGATIVE: 10, POSITIVE: 10, "negative.+positive": 1},
                left_out={"missing|empty": 1},
                said=("several labels|multi|combination|more than one",),
            ),
        ],
    ),
    Case(
        "d12-prodigy-accept-reject/prodigy.jsonl",
        Read(
            kept=18,
            classes={"reject.*|negative|not.*": 9, "accept.*|positive": 9},
            left_out={"": 2},
            shows={SENTENCES[0]: "reject.*|negative|not.*", SENTENCES[1]: "accept.*|positive"},
        ),
    ),
    Case("d15-openai-chat-finetune/chat.jsonl", [two(), Refused("chat|conversation|messages")]),
    Case("d17-jsonl-nested-text/nested.jsonl", two(text=".*text", label="rating")),
    Case("d18-jsonl-one-line-no-newlines/reviews.jsonl", _FLAT),
    Case("d19-json-trailing-comma/reviews.json", two(text="text", label="label", aside=("broken JSON",))),
    Case("d20-json-named-jsonl-array/reviews.jsonl", _FLAT),
    Case("e01-parquet-dictionary/r.parquet", _FLAT),
    Case("e02-parquet-list-label/r.parquet", two("0|negative", "1|positive", label="labels")),
    Case("e03-parquet-struct/r.parquet", two(text=".*text", label="rating")),
    Case("e04-parquet-dict-text/r.parquet", _FLAT),
    Case("e05-arrow-stream/r.arrow", _FLAT),
    Case("e06-arrow-file-feather/r.feather", _FLAT),
    Case("e06-arrow-file-feather/v1.feather", [_FLAT, Refused("Feather", "version 1|V1")]),
    Case("e07-hive-partitioned", [_ZERO_ONE, Refused("label=0|label=", "folder")]),
    Case("e08-lfs-pointer/train.csv", Refused("git lfs pull")),
    Case("e08-lfs-pointer/train.parquet", Refused("git lfs pull")),
    Case("e08-lfs-pointer", Refused("git lfs pull")),
    Case("e09-html-named-csv/reviews.csv", Refused("HTML|web page")),
    Case("e10-hf-save-to-disk", _NAMED),
    Case("e12-hf-hub-clone", [_NAMED, Refused(r"/data\b|train-00000")]),
    Case("e12-hf-hub-clone/data", _NAMED),
    Case("f01-sqlite/reviews.db", [_FLAT, Refused("SQLite|database", "CSV")]),
    Case("f02-gz/reviews.csv.gz", [_FLAT, Refused("gunzip")]),
    Case("f03-bz2/reviews.csv.bz2", [_FLAT, Refused("bunzip2")]),
    Case("f05-zst/reviews.csv.zst", [_FLAT, Refused("zstd|unzstd")]),
    Case("f06-kaggle-zip/archive.zip", [_FLAT, Refused("zip", "unpack|unzip")]),
    Case("f06-kaggle-zip/train.csv", [_FLAT, Refused("zip", "unpack|unzip")]),
    Case("f07-xlsx-renamed-xls-html/reviews.xls", [two(), Refused("HTML|web page")]),
    Case("f08-xlsx/reviews.xlsx", Refused("Excel|spreadsheet|workbook|sheet", "CSV|damaged|broken|repair|again")),
    Case("f09-ods/reviews.ods", Refused("OpenDocument|spreadsheet|sheet", "CSV|damaged|broken|repair|again")),
    Case("f10-folder-of-gz", [_AMAZON, Refused("gunzip|unpack")]),
    Case("f11-tar/r.tar", [_FLAT, Refused("tar", "unpack|tar xf|extract")]),
    Case(
        "f12-small-bz2-no-nul/x.csv.bz2",
        [
            Read(kept=2, classes={NEGATIVE: 1, POSITIVE: 1}, shows={"good": POSITIVE, "bad one": NEGATIVE}),
            Refused("bunzip2"),
        ],
    ),
    Case("f13-hf-cache-links/snapshots/0123/train-00000-of-00001.parquet", Refused("link", r"\.\./\.\./blobs/abc")),
    Case("f13-hf-cache-links/blobs/abc", two(text="text", label="label")),
)
