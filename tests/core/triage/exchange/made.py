"""Records with whatever text, in every state, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from core.triage.exchange.record import Record, tidied

STARTS = (
    "=1+1",
    "'=1",
    "-5",
    "@x",
    "＝a",
    '"',
    ",",
    "\t",
    "\n",
    "\r\n",
    "\x1b[31m",
    "\u202e",
    "\u2028",
    "[",
    "{",
    "[b]",
)
"""What a spreadsheet would run, a terminal obey, or a format take for its own."""
TEXTS = st.sampled_from((*STARTS, "works", "é😀")) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
_SHARES = st.none() | st.floats(0, 1)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    columns = draw(st.lists(TEXTS, max_size=2, unique=True))
    found = []
    for place in range(draw(st.integers(0, 3))):
        state = draw(st.sampled_from(("label", "label", "skip", "flag", "ambiguous", "undecided")))
        found.append(
            tidied(
                Record(
                    text=draw(TEXTS),
                    label=draw(TEXTS) if state == "label" else "",
                    state=state,
                    note=draw(st.just("") | TEXTS),
                    predicted=draw(st.none() | TEXTS),
                    probability=draw(_SHARES),
                    calibrated=draw(_SHARES),
                    model=draw(st.none() | TEXTS),
                    model_name=draw(st.none() | TEXTS),
                    model_hash=draw(st.none() | st.just("5f" * 32)),
                    order=draw(st.none() | st.sampled_from(("file", "uncertainty", "random"))),
                    audit=draw(st.booleans()),
                    blind=draw(st.booleans()),
                    revealed=draw(st.booleans()),
                    source=draw(st.sampled_from(("human", "copy", "model", "import"))),
                    seconds=draw(st.floats(0, 1e6)),
                    time=draw(st.floats(0, 4e9)),
                    hash=f"{draw(st.integers(0, 2**64 - 1)):016x}",
                    file=draw(TEXTS),
                    line=place + 2,
                    columns={name: draw(st.just("") | TEXTS) for name in columns},
                )
            )
        )
    return found
