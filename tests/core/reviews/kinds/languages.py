"""Subjects, complaints and praise in further languages, of which `made.reviews` makes reviews."""

from __future__ import annotations

from collections.abc import Sequence

MORE: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str]]] = {
    "it": (
        ["Questa lampada", "La tenda blu", "Il nostro frullatore", "Il cappotto"],
        ["è arrivata rotta e nessuno risponde", "puzza di benzina", "non somiglia affatto alla foto"],
        ["fa proprio quello che promette", "è arrivata presto e ben imballata", "vale ogni centesimo"],
    ),
    "pt": (
        ["Este abajur", "A barraca azul", "Nosso liquidificador", "A capa de chuva"],
        ["chegou quebrado e ninguém responde", "cheira muito mal", "não se parece com a foto"],
        ["faz exatamente o que promete", "chegou antes do prazo", "vale cada centavo"],
    ),
    "nl": (
        ["Deze lamp", "De blauwe tent", "Onze nieuwe mixer", "De regenjas"],
        ["kwam kapot aan en niemand antwoordt", "stinkt naar benzine", "lijkt in niets op de foto"],
        ["doet precies wat hij belooft", "was snel in huis en goed verpakt", "is elke cent waard"],
    ),
    "sv": (
        ["Lampan", "Det blå tältet", "Vår nya mixer", "Regnrocken"],
        ["kom trasig och ingen svarar", "luktar bensin", "ser inte alls ut som på bilden"],
        ["gör precis vad den lovar", "kom snabbt och väl förpackad", "är värd varenda krona"],
    ),
    "tr": (
        ["Bu lamba", "Mavi çadır", "Yeni mikserimiz", "Yağmurluk"],
        ["kırık geldi ve kimse cevap vermiyor", "benzin kokuyor", "fotoğrafa hiç benzemiyor"],
        ["tam söz verdiği gibi çalışıyor", "erken geldi, iyi paketlenmişti", "her kuruşuna değer"],
    ),
    "ar": (
        ["هذا المصباح", "الخيمة الزرقاء", "الخلاط الجديد", "معطف المطر"],
        ["وصل مكسورا ولا أحد يرد", "رائحته كريهة جدا", "لا يشبه الصورة أبدا"],
        ["يعمل كما وعدوا تماما", "وصل بسرعة وكان التغليف جيدا", "يستحق كل قرش دفعته"],
    ),
}
