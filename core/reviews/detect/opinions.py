"""Words that praise and blame, in the languages that review files come in, and how many of them a text holds.

They are far too few to classify a review. Over many reviews, they tell whether those with one label praise more than
those with another, which is all they are used for.
"""

from __future__ import annotations

import re

_PRAISE = (
    "good great excellent amazing awesome wonderful fantastic perfect* love* best nice beautiful* delicious happy "
    "pleased satisf* recommend* comfortable enjoy* brilliant* superb impress* delight* friendly helpful flawless* glad "
    "favorite favourite joy worth "
    "gut gute guter gutes guten toll* hervorragend* ausgezeichnet* perfekt* schön* zufrieden* empfehl* begeistert* "
    "freundlich* klasse prima wunderbar* fantastisch* genial* lecker* beste* gefällt freude "
    "bon bonne bons bonnes bien parfait* génial* magnifique* satisfait* recommande* agréable* meilleur* adore* aime* "
    "ravi* délicieux "
    "bueno buena buen buenos excelente* perfecto perfecta encanta* maravill* recomiendo feliz mejor delicios* "
    "buono buona ottim* perfett* bello bella eccellente consiglio soddisfatt* felice meraviglios* "
    "bom boa ótim* perfeito perfeita adorei amei recomendo melhor lindo linda satisfeit* "
    "goed goede geweldig* mooi* tevreden* aanrader heerlijk* uitstekend* blij "
    "dobr* świetn* polecam doskonał* idealn* piękn* zadowolon* wspaniał* najleps* "
    "хорош* отличн* прекрасн* рекоменд* довол* люблю лучш* замечательн* красив* понрав* удобн* спасибо "
    "güzel iyi harika mükemmel memnun* tavsiye beğen* kaliteli muhteşem "
    "جيد جيدة رائع رائعة ممتاز ممتازة جميل أفضل"
)
_BLAME = (
    "bad terribl* horribl* awful* worst poor* disappoint* broke broken hate* useless refund* defect* fail* boring "
    "dirty rude worse ugly annoy* nasty stink* disgust* ridiculous lousy junk garbage crap trash scam unhappy "
    "uncomfortable bland unusable dissatisf* "
    "schlecht* enttäusch* kaputt* defekt* mangelhaft* furchtbar* schrecklich* katastroph* unfreundlich* müll schrott "
    "unbrauchbar* leider langweilig* mies* stinkt unzufrieden* "
    "mauvais* nul nulle déçu* décev* horrible* cassé* jamais arnaque* pire médiocre* dommage insatisfait* défectueu* "
    "malo mala peor decepci* roto rota nunca defectuos* fatal aburrid* pésim* "
    "cattivo cattiva pessim* deludent* delus* rotto rotta orribil* brutto brutta peggio difett* scadent* "
    "ruim péssim* quebrad* horrível pior "
    "slecht* teleurgesteld* kapot* ontevreden* waardeloos* verschrikkelijk* vies "
    "zły zła źle słab* okropn* beznadziejn* zepsut* rozczarow* najgors* odradzam niezadowolon* "
    "плох* ужасн* отврат* сломал* разочаров* худш* кошмар* брак грязн* недовол* "
    "kötü berbat rezalet bozuk pişman* kalitesiz "
    "سيء سيئة رديء فظيع أسوأ"
)
_NEGATORS = frozenset(
    "not no never isn wasn don doesn didn won can cannot nicht kein keine nie ne pas no non não niet geen nie не нет "
    "değil ليس t".split()
)
_REACH = 2
"""Words before an opinion in which a negator turns it around."""
_WORD = re.compile(r"[^\W\d_]+")
_PRAISED = re.compile(
    r"(?<![不没])(?:满意|喜欢|不错|推荐|很棒|完美|值得|开心|很好)|満足|良い|素晴らし|最高|おすすめ|好き|美味し|嬉し|"
    r"좋[은아았고습네]|만족|최고|추천|훌륭|예쁘"
)
_BLAMED = re.compile(
    r"[不没](?:满意|喜欢|推荐|值得|好|开心)|失望|垃圾|太差|很差|糟糕|后悔|难闻|坏了|悪い|最悪|壊れ|残念|ひどい|がっかり|"
    r"나쁘|별로|실망|최악|고장|불만|비추"
)


def _parted(words: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the whole words, and the beginnings of words, which end in an asterisk."""
    listed = words.split()
    starts = frozenset(word[:-1] for word in listed if word.endswith("*"))
    return frozenset(word for word in listed if not word.endswith("*")), starts


_GOOD, _GOOD_STARTS = _parted(_PRAISE)
_BAD, _BAD_STARTS = _parted(_BLAME)
_LENGTHS = sorted({len(start) for start in _GOOD_STARTS | _BAD_STARTS})


def opinions_in(text: str) -> tuple[int, int]:
    """Return how many words of `text` praise, and how many blame. A negation before one turns it around."""
    said = text.casefold()
    counts = [0, 0]
    words: list[str] = _WORD.findall(said)
    for place, word in enumerate(words):
        blames = _blames(word)
        if blames is not None:
            negated = not _NEGATORS.isdisjoint(words[max(place - _REACH, 0) : place])
            counts[blames != negated] += 1
    if not said.isascii():
        counts[0] += len(_PRAISED.findall(said))
        counts[1] += len(_BLAMED.findall(said))
    return counts[0], counts[1]


def _blames(word: str) -> bool | None:
    """Return whether a word blames; None if it says no opinion."""
    if word in _GOOD:
        return False
    if word in _BAD:
        return True
    starts = [word[:length] for length in _LENGTHS if length <= len(word)]
    if not _BAD_STARTS.isdisjoint(starts):
        return True
    return None if _GOOD_STARTS.isdisjoint(starts) else False
