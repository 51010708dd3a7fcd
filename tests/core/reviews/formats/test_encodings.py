"""Text in any encoding is decoded as it was written, or the encoding that was assumed is said."""

from __future__ import annotations

from typing import Any

import pytest

from core.reviews.formats.encoding_evidence import TITLES

SENTENCES = {
    "gb18030": ("质量太差了，用了两天就坏了，不建议购买", "这个水壶很好用，我非常满意，推荐给大家"),
    "big5": ("品質太差了，用了兩天就壞了，不建議購買", "這個水壺很好用，我非常滿意，推薦給大家"),
    "shift_jis": ("すぐに壊れてしまいました。とても残念です", "とても良い商品です。家族みんな満足しています"),
    "euc_jp": ("すぐに壊れてしまいました。とても残念です", "とても良い商品です。家族みんな満足しています"),
    "euc_kr": ("이틀 만에 고장 났습니다. 정말 실망했어요", "정말 좋은 제품입니다. 아주 만족합니다"),
    "cp1251": ("Сломался через два дня, никому не советую", "Отличный чайник, очень доволен покупкой"),
    "koi8_r": ("Сломался через два дня, никому не советую", "Отличный чайник, очень доволен покупкой"),
    "cp1253": ("Χάλασε σε δύο μέρες, δεν το προτείνω", "Πολύ καλό προϊόν, το συνιστώ σε όλους"),
    "cp1255": ("התקלקל אחרי יומיים, לא מומלץ בכלל", "מוצר מצוין, אנחנו מרוצים מאוד"),
    "cp1250": ("Zepsuł się po dwóch dniach, żałuję, że kupiłem", "Świetny czajnik, jestem bardzo zadowolony"),
    "cp1254": ("İki günde bozuldu, çok kötü bir ürün, almayın", "Güzel, şık ve sağlam, herkese öneriyorum"),
    "cp1252": ("Cassé après deux jours, je suis très déçu", "Parfait, ça marche à merveille, très élégant"),
}


def table(encoding: str, rows: int) -> tuple[list[str], str]:
    texts = [f"{SENTENCES[encoding][row % 2]} {row}" for row in range(rows)]
    return texts, "label,text\n" + "".join(f'{row % 2},"{text}"\n' for row, text in enumerate(texts))


@pytest.mark.parametrize("rows", [12, 400])
@pytest.mark.parametrize("encoding", SENTENCES)
def test_a_few_lines_tell_the_encoding_and_it_is_said(read: Any, encoding: str, rows: int) -> None:
    texts, content = table(encoding, rows)
    reviews = read(content.encode(encoding))
    assert reviews.texts(range(rows)) == texts
    assert any(TITLES[reviews.report.encoding] in notice for notice in reviews.report.notices)
    named = read(content.encode(encoding), encoding=reviews.report.encoding)
    assert named.texts(range(rows)) == texts
    assert not any("is not UTF-8" in notice for notice in named.report.notices)


def test_the_order_of_rows_tells_nothing(read: Any) -> None:
    for encoding in SENTENCES:
        _, content = table(encoding, 30)
        header, *rows = content.splitlines()
        backwards = "\n".join([header, *reversed(rows)])
        found = {read(one.encode(encoding)).report.encoding for one in (content, backwards)}
        assert len(found) == 1


def test_an_encoding_that_is_nearly_as_likely_is_told_with_the_way_to_say_it(read: Any) -> None:
    _, content = table("cp1250", 40)
    reviews = read(content.encode("iso8859_2"))
    assert reviews.report.encoding == "iso8859-2"
    (doubt,) = (one for one in reviews.report.doubts if one.about == "encoding")
    assert "--encoding cp1250" in doubt.sentence
    assert {"encoding": "cp1250"} in doubt.ways.values()


def test_one_nul_character_costs_one_row_and_not_the_file(read: Any) -> None:
    rows = [f"It is thing number {row},{row % 2}\n" for row in range(200)]
    rows[7] = rows[7].replace("thing", "th\0ing")
    reviews = read("text,label\n" + "".join(rows))
    assert reviews.report.left_out == {"NUL character": 1}
    assert (len(reviews), reviews.report.skipped[0].line) == (199, 9)
