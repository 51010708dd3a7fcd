"""What Classify asks about the order of a pile: which one, and which run to compare with."""

from __future__ import annotations

import asyncio

from textual.content import Content

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.triage.orders import ORDERS, Order
from tui.screens.classify.model_choice import Candidate, candidates
from tui.widgets.dialogs import Choose
from tui.workbench import Workbench

_HELP = (
    "A digit chooses at once. Of reviews that are nearly the same, only the first comes. One review in ten comes at "
    "random, and does not show it, so that figures stay honest."
)
_NEEDS = {"model": "asks the model about all reviews", "labels": "and needs labels in the file", "review": ""}


async def ask_order(app: Workbench, current: str) -> str | None:
    """Ask for an order of the pile, and return its name; None if the dialog is cancelled."""
    offered = list(ORDERS.values())
    at = next((number for number, one in enumerate(offered) if one.name == current), None)
    chosen = await app.push_screen_wait(Choose("In which order?", [_described(one) for one in offered], at, help=_HELP))
    return offered[chosen].name if chosen is not None else None


def _described(order: Order) -> Content:
    if "second model" in order.needs:
        needs = "another run is asked for next"
    else:
        needs = " ".join(_NEEDS[need] for need in order.needs if _NEEDS[need])
    return Content.assemble((order.title, "bold"), (f"\n     {needs}" if needs else "", "$foreground-muted"))


async def ask_second_model(app: Workbench, first: Candidate | None) -> Candidate | None:
    """Ask which run to compare the model with, and return it; None if there is none or the dialog is cancelled."""
    try:
        found = await asyncio.to_thread(candidates)
    except ReviewtuiError as error:
        app.say(error, "error")
        return None
    others = [one for one in found if first is None or one.run.id != first.run.id]
    alike = [one for one in others if first is None or set(one.labels) == set(first.labels)]
    if not alike:
        what = "with the same labels " if others else ""
        app.say(f"There is no other run {what}to compare with; train a second one.", "warning")
        return None
    described = [Content.assemble((clean_line(one.summary.name, 40), "bold")) for one in alike]
    chosen = await app.push_screen_wait(Choose("Compare with which run?", described))
    return alike[chosen] if chosen is not None else None
