"""`forecast`: predicts the memory and time of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.engine import ask
from tui.commands.options import (
    Assignments,
    Data,
    Json,
    Model,
    Preset,
    Reading,
    SettingsFile,
    Validation,
    reads_reviews,
)
from tui.commands.output import facts, say, say_json, table
from tui.commands.train import chosen_settings, make_request
from tui.foresight_text import shows_sentences
from tui.formatting import in_bytes, in_time, short_time

if TYPE_CHECKING:
    from core.engine.data_requests import RunForecast
    from core.forecast.forecast import Forecast

_MAX_SAVINGS = 5


@reads_reviews()
def forecast(
    data: Data,
    reading: Reading,
    validation: Validation = None,
    model: Model = None,
    preset: Preset = "balanced",
    assignments: Assignments = None,
    settings: SettingsFile = None,
    difference: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="How many rows or seeds show this difference?"),
    ] = None,
    json: Json = False,
) -> int:
    """Show how much memory and time a run would need, whether it fits, how to save memory, and what it can show.

    The first forecast of a model on a machine computes a few micro-batches to measure it; nothing is trained or kept.
    """
    from core.engine.data_requests import MakeForecast
    from core.engine.requests import to_result

    chosen = chosen_settings(preset, settings, model, assignments)
    request = make_request(data, validation, reading, preset, chosen)
    found = ask(MakeForecast(request=request, difference=None if difference is None else difference / 100))
    if json:
        savings = [saving.model_dump(mode="json") for saving in found.savings]
        said = found.forecast.model_dump(mode="json")
        more = {"savings": savings, "cannot_learn": found.cannot_learn, "shows": to_result(found.shows)}
        say_json({"model": found.facts.model, **said, **more})
        return 0
    _say(found)
    return 0


def _say(found: RunForecast) -> None:
    said = found.forecast
    sure = "measured on this machine" if said.measured else "a guess: nothing like it was measured here yet"
    facts(
        [
            ("model", found.facts.model),
            ("computed by", f"{said.path}, {said.precision} on {found.facts.device}"),
            ("peak memory", f"{_about(said.peak_bytes, said.low_bytes)} of {in_bytes(said.free_bytes)} free"),
            ("time", f"{in_time(said.seconds)}, {in_time(said.low_seconds)} to {in_time(said.high_seconds)}"),
            ("an epoch", short_time(said.seconds_per_epoch)),
            ("disk", in_bytes(said.disk_bytes)),
            ("estimate", sure),
            ("fits", _fits(said)),
        ]
    )
    say()
    shares: list[list[object]] = [
        [name, in_bytes(size), f"{size / said.peak_bytes:.0%}"] for name, size in said.parts.model_dump().items()
    ]
    table(["memory for", "", ""], shares)
    say()
    for sentence in shows_sentences(found.shows):
        say(sentence)
    if found.savings:
        say()
        saved: list[list[object]] = [
            [f"{one.setting}={_typed(one.value)}", in_bytes(one.bytes), _slower(one.seconds)]
            for one in found.savings[:_MAX_SAVINGS]
        ]
        table(["with --set", "saves", ""], saved)
    if found.cannot_learn:
        say()
        say(f"note: {found.cannot_learn}")


def _about(peak: int, low: int) -> str:
    return f"{in_bytes(peak)} ± {1 - low / peak:.0%}"


def _fits(said: Forecast) -> str:
    size, batch = said.micro_batch_size, said.batch_size
    if said.fits:
        return f"yes, in micro-batches of {size} reviews" if size < batch else "yes, a whole batch at a time"
    if said.largest_micro_batch:
        return f"not as asked for; it will be run in micro-batches of {size}, the batch of {batch} kept"
    return "no, not even one review at a time; the savings below may help"


def _typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _slower(seconds: float) -> str:
    if abs(seconds) < 1:
        return "same time"
    return f"{in_time(abs(seconds))} {'slower' if seconds > 0 else 'faster'}"
