"""Reviews in several languages, files made of them, and what is expected of such files.

`reviews(n, language)` alternates complaint and praise, all different. `expect` turns them into the outcome that a
person expects: every text exactly as it was written, with the right class.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.core.reviews.kinds.languages import MORE
from tests.core.reviews.verdicts import Case, Outcome, Read

NEGATIVE, POSITIVE, NEUTRAL = "negative|neg", "positive|pos", "neutral|neu|mixed"


class Review(NamedTuple):
    """A text and whether it praises."""

    text: str
    good: bool


_WORDS: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str]]] = {
    "en": (
        ["This lamp", "The blue tent", "Our new mixer", "The rain coat", "My second order", "The garden hose"],
        [
            "came with a bent frame, and nobody answers",
            "stopped working before the week was over",
            "smells of petrol",
            "is not what the picture shows",
            "leaked over the whole shelf",
            "was twice as dear as elsewhere",
        ],
        [
            "is better than the one we had for years",
            "arrived early, and well packed",
            "does just what it promises",
            "makes every morning a little brighter",
            "was worth every penny",
            "has been a joy from the first day",
        ],
    ),
    "de": (
        ["Die Schreibtischlampe", "Das blaue Zelt", "Unser Rührgerät", "Der Regenmantel", "Die zweite Lieferung"],
        [
            "kam mit verbogenem Gestell an, und niemand antwortet",
            "gab nach drei Tagen den Geist auf",
            "riecht übel",
            "sieht ganz anders aus als auf dem Bild",
            "ist für diesen Preis eine Frechheit",
        ],
        [
            "hält, was die Beschreibung verspricht",
            "war schnell da und gut verpackt",
            "macht uns jeden Tag Freude",
            "ist größer und schöner als erwartet",
            "würde ich sofort wieder kaufen",
        ],
    ),
    "fr": (
        ["La lampe de bureau", "Cette tente bleue", "Notre nouveau mixeur", "Le manteau de pluie", "Ma commande"],
        [
            "est arrivée cassée, et personne ne répond",
            "ne marche plus après trois jours",
            "sent très mauvais",
            "ne ressemble pas du tout à la photo",
            "a coûté beaucoup trop cher",
        ],
        [
            "fait exactement ce qu’on lui demande",
            "est arrivée vite et bien emballée",
            "nous plaît énormément",
            "vaut chaque centime dépensé",
            "est bien mieux que l’ancien modèle",
        ],
    ),
    "es": (
        ["La lámpara de mesa", "Esta tienda azul", "Nuestra batidora nueva", "El abrigo de lluvia", "Mi pedido"],
        [
            "llegó roto y nadie contesta",
            "dejó de funcionar a los tres días",
            "huele fatal desde el primer día",
            "no se parece en nada a la foto",
            "costó el doble que en otra tienda",
        ],
        [
            "funciona de maravilla todas las mañanas",
            "llegó antes de tiempo y bien embalado",
            "nos encanta a todos",
            "vale cada céntimo que pagué",
            "es mejor de lo que esperábamos",
        ],
    ),
    "pl": (
        ["Ta lampka", "Niebieski namiot", "Nasz nowy mikser", "Płaszcz przeciwdeszczowy", "Moja przesyłka"],
        [
            "przyszła zepsuta i nikt nie odpowiada",
            "przestał działać po trzech dniach",
            "śmierdzi benzyną",
            "wygląda zupełnie inaczej niż na zdjęciu",
            "kosztuje dwa razy za dużo",
        ],
        [
            "działa dokładnie tak, jak powinien",
            "dotarła szybko i była dobrze zapakowana",
            "cieszy nas każdego dnia",
            "jest warta każdej złotówki",
            "okazał się lepszy, niż myślałem",
        ],
    ),
    "ru": (
        ["Эта лампа", "Синяя палатка", "Наш новый миксер", "Плащ от дождя", "Второй заказ"],
        [
            "пришла сломанной, и никто не отвечает",
            "перестал работать через три дня",
            "ужасно пахнет бензином",
            "выглядит совсем не так, как на фото",
            "стоит вдвое дороже, чем везде",
        ],
        [
            "работает именно так, как обещали",
            "пришёл быстро и был хорошо упакован",
            "радует нас каждое утро",
            "стоит каждого потраченного рубля",
            "оказалась лучше, чем мы думали",
        ],
    ),
    "zh": (
        ["这盏台灯", "蓝色的帐篷", "新买的搅拌机", "这件雨衣", "第二次的订单"],
        ["到货就坏了，客服也不回复", "用了三天就不能工作了", "有一股很难闻的味道", "和图片完全不一样", "价格贵了一倍"],
        [
            "和描述的一模一样，非常满意",
            "很快就送到了，包装也很好",
            "每天早上都让人开心",
            "物超所值，值得推荐",
            "比以前的那个好多了",
        ],
    ),
    "ja": (
        ["このランプ", "青いテント", "新しいミキサー", "レインコート", "二回目の注文"],
        [
            "は届いた時から壊れていました",
            "は三日で動かなくなりました",
            "はとても臭いです",
            "は写真と全然違います",
            "は高すぎます",
        ],
        [
            "は説明の通りで満足しています",
            "はすぐに届き、梱包も丁寧でした",
            "は毎朝の楽しみです",
            "は値段以上の価値があります",
            "は期待以上でした",
        ],
    ),
    "ko": (
        ["이 램프는", "파란 텐트는", "새 믹서기는", "비옷은", "두 번째 주문은"],
        [
            "부서진 채로 왔고 아무도 답하지 않습니다",
            "사흘 만에 고장 났습니다",
            "냄새가 심합니다",
            "사진과 전혀 다릅니다",
            "너무 비쌉니다",
        ],
        [
            "설명과 똑같아서 아주 만족합니다",
            "빨리 도착했고 포장도 좋았습니다",
            "매일 아침 기쁨을 줍니다",
            "값어치를 합니다",
            "기대보다 좋습니다",
        ],
    ),
}


def reviews(count: int = 24, language: str = "en") -> list[Review]:
    """Return `count` different reviews; those at even places complain, those at odd ones praise."""
    subjects, bad, good = (_WORDS | MORE)[language]
    gap = "" if language in ("zh", "ja") else " "
    made = [
        [
            Review(f"{subject}{gap}{said}{f' ({turn})' if turn else ''}", praise)
            for said in words
            for subject in subjects
        ]
        for turn, (praise, words) in itertools.product(range(3), ((False, bad), (True, good)))
    ]
    pairs = itertools.chain.from_iterable(zip(made[turn], made[turn + 1], strict=True) for turn in (0, 2, 4))
    return list(itertools.islice(itertools.chain.from_iterable(pairs), count))


def cycle(good: bool, row: int, bad_values: Sequence[object], good_values: Sequence[object]) -> object:
    """Return a label of a review: complaints walk through `bad_values`, praise through `good_values`."""
    values = good_values if good else bad_values
    return values[(row // 2) % len(values)]


def expect(
    made: Sequence[Review],
    negative: str = NEGATIVE,
    positive: str = POSITIVE,
    *,
    shown: Callable[[Review], str] = lambda review: review.text,
    **rest: object,
) -> Read:
    """Return the outcome in which every review is read, as `shown`, with its class."""
    counts = Counter(positive if review.good else negative for review in made)
    shows = {shown(review): positive if review.good else negative for review in made}
    return Read(kept=len(made), classes=counts, shows=shows, **rest)  # type: ignore[arg-type]


def expect_classes(texts: Mapping[str, str], **rest: object) -> Read:
    """Return the outcome in which these texts are read, each with the class that its pattern names."""
    return Read(kept=len(texts), classes=Counter(texts.values()), shows=texts, **rest)  # type: ignore[arg-type]


def expect_texts(made: Sequence[Review], **rest: object) -> Read:
    """Return the outcome in which every review is read, without classes."""
    return Read(kept=len(made), shows={review.text: None for review in made}, **rest)  # type: ignore[arg-type]


def table(header: Sequence[str] | None, rows: Iterable[Sequence[object]], **dialect: object) -> str:
    """Return rows as the module csv writes them."""
    stream = io.StringIO()
    writer = csv.writer(stream, **({"lineterminator": "\n"} | dialect))  # type: ignore[arg-type]
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def lines(objects: Iterable[object]) -> str:
    """Return JSON Lines."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


@dataclass(frozen=True)
class Made:
    """Files to write, and the case that reads them."""

    case: Case
    files: Mapping[str, bytes]
    links: Mapping[str, str] = field(default_factory=dict)
    """Path of a symbolic link → where it points."""

    def write(self, folder: Path) -> None:
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, target in self.links.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(target)


def file(path: str, content: str | bytes, *expected: Outcome, **options: object) -> Made:
    """Return a file with `content`, whose path in the folder of cases is its name."""
    return Made(Case(path, expected, options), {path: _bytes(content)})


def folder(
    path: str, contents: Mapping[str, str | bytes], *expected: Outcome, opened: str = "", links: Mapping[str, str] = {}
) -> Made:
    """Return a folder; it is read itself, or what is `opened` in it."""
    files = {f"{path}/{name}": _bytes(content) for name, content in contents.items()}
    case = Case(f"{path}/{opened}" if opened else path, expected)
    return Made(case, files, {f"{path}/{name}": target for name, target in links.items()})


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
