"""What the engine service can be asked. Each method takes JSON parameters and a progress function, and returns JSON.

Heavy libraries are imported by the method that needs them, so that looking at a file never waits for torch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError
from core.reviews.options import ReadingOptions

if TYPE_CHECKING:
    from core.inference.predictor import Predictor

Progress = Callable[[str, float | None], None]
Params = dict[str, Any]

_PAGE_LIMIT = 500


def inspect(params: Params, progress: Progress) -> Any:
    """What a source holds: `ReadingReport`, and whether it could be trained on. Params: source, reading."""
    from core.reviews.reading import read_reviews, require_trainable

    reviews = read_reviews(params["source"], _options(params), progress=lambda fraction: progress("reading", fraction))
    answer = reviews.report.model_dump()
    try:
        require_trainable(reviews)
        answer["trainable"] = ""
    except InputError as error:
        answer["trainable"] = str(error)
    return answer


def lengths(params: Params, progress: Progress) -> Any:
    """Token lengths of a source, what a limit cuts, what padding costs. Params: source, reading, model, batch_size."""
    from core.data.lengths import length_report
    from core.models.sources import resolve_model
    from core.models.tokenizer import load_tokenizer
    from core.reviews.reading import read_reviews

    reviews = read_reviews(params["source"], _options(params))
    progress("loading the tokenizer", None)
    source = resolve_model(params.get("model", "auto"))
    tokenizer = load_tokenizer(source.folder, source.name)
    return length_report(
        reviews,
        tokenizer,
        source.name,
        int(params.get("batch_size", 32)),
        lambda fraction: progress("tokenizing", fraction),
    )


def rows(params: Params, progress: Progress) -> Any:
    """A page of reviews in file order. Params: source, reading, offset, limit."""
    from core.reviews.reading import read_reviews

    reviews = read_reviews(params["source"], _options(params), progress=lambda fraction: progress("reading", fraction))
    start = max(int(params.get("offset", 0)), 0)
    stop = min(start + min(int(params.get("limit", 50)), _PAGE_LIMIT), len(reviews))
    found = []
    for row, text in zip(range(start, stop), reviews.texts(range(start, stop)), strict=True):
        file, line = reviews.place(row)
        label = int(reviews.labels[row])
        found.append(
            {
                "row": row,
                "file": file,
                "line": line,
                "text": text,
                "label": reviews.label_names[label] if label >= 0 else None,
                "hash": f"{int(reviews.hashes[row]):016x}",
            }
        )
    return {"rows": found, "total": len(reviews), "data_hash": reviews.report.data_hash}


def prepare(params: Params, progress: Progress) -> Any:
    """Whether a run could start: reads its data, finds its model. Params: a `Request` as JSON."""
    from core.data.run_data import read_run_data
    from core.models.sources import resolve_model
    from core.runs.request import Request

    request = Request.model_validate(params["request"])
    data = read_run_data(request, lambda fraction: progress("reading", fraction))
    progress("looking for the model", None)
    source = resolve_model(request.settings.model)
    return {
        "model": source.name,
        "note": source.note,
        "labels": data.labels,
        "rows": len(data.train_rows),
        "validation_rows": len(data.validation_rows),
        "notices": list(data.notices),
    }


def forecast(params: Params, progress: Progress) -> Any:
    """What a run would need, before anything is trained. Params: a `Request` as JSON.

    Returns:
        facts, forecast and savings, as `core.forecast` has them.
    """
    from core.data.lengths import length_report
    from core.data.run_data import read_run_data
    from core.forecast.forecast import forecast as forecast_of
    from core.forecast.forecast import savings
    from core.forecast.gather import gather, with_calibration
    from core.models.sources import resolve_model
    from core.models.tokenizer import load_tokenizer
    from core.runs.request import Request

    request = Request.model_validate(params["request"])
    settings = request.settings
    data = read_run_data(request, lambda fraction: progress("reading", fraction))
    source = resolve_model(settings.model)
    tokenizer = load_tokenizer(source.folder, source.name)
    lengths = length_report(
        data.train, tokenizer, source.name, settings.batch_size, lambda fraction: progress("tokenizing", fraction)
    )
    facts = gather(lengths, len(data.labels), settings, len(data.train_rows), len(data.validation_rows))
    facts = with_calibration(facts, settings, progress)
    found = [saving.model_dump() for saving in savings(facts, settings)]
    return {
        "facts": facts.model_dump(mode="json"),
        "forecast": forecast_of(facts, settings).model_dump(mode="json"),
        "savings": found,
    }


def facts(params: Params, progress: Progress) -> Any:
    """What forecasts are made from. Params: lengths (as `lengths` gave them), classes, settings, measure (bool).

    With `measure` the steps that a run with these settings is made of are measured now, if they never were.
    """
    from core.forecast.gather import gather, with_calibration
    from core.settings.schema import Settings

    settings = Settings.model_validate(params["settings"])
    found = gather(params["lengths"], int(params["classes"]), settings, int(params["lengths"]["reviews"]))
    if params.get("measure"):
        found = with_calibration(found, settings, progress)
    return found.model_dump(mode="json")


def load(params: Params, progress: Progress) -> Any:
    """Load a model and keep it. Params: folder (of a run's model) or model (a folder or id)."""
    predictor = _predictor(params, progress)
    return {"labels": list(predictor.labels), "max_length": predictor.special_tokens.max_length}


def classify(params: Params, progress: Progress) -> Any:
    """What a model says of texts. Params: folder or model, texts, explain, precision (fp32)."""
    predictor = _predictor(params, progress)
    answers = [found.to_json() for found in predictor.classify(params["texts"])]
    if params.get("explain"):
        from core.inference.explain import explain

        for done, answer in enumerate(answers, start=1):
            answer["explanation"] = explain(predictor, answer["text"])
            progress("explaining", done / len(answers))
    return answers


def classify_file(params: Params, progress: Progress) -> Any:
    """Classify every review of a source into a file. Params: folder or model, source, reading, output, precision
    (auto)."""
    from core.bulk.classify import classify_into

    predictor = _predictor({"precision": "auto", **params}, progress)
    return classify_into(predictor, params["source"], _options(params), Path(params["output"]), progress)


def evaluate(params: Params, progress: Progress) -> Any:
    """How good a run's model is on labelled reviews. Params: run (its folder), source, reading (or null)."""
    from core.inference.evaluation import evaluate_run
    from core.runs.folder import RunFolder

    run = RunFolder(Path(params["run"]))
    predictor = _predictor({"folder": str(run.model)}, progress)
    options = ReadingOptions.model_validate(params["reading"]) if params.get("reading") else None
    return evaluate_run(run, predictor, params["source"], options, progress)


def doctor(params: Params, progress: Progress) -> Any:
    """What this machine can do."""
    from core.engine.doctor import examine

    return examine(progress)


METHODS: dict[str, Callable[[Params, Progress], Any]] = {
    function.__name__: function
    for function in (inspect, lengths, rows, prepare, forecast, facts, load, classify, classify_file, evaluate, doctor)
}


def _options(params: Params) -> ReadingOptions:
    return ReadingOptions.model_validate(params.get("reading") or {})


_loaded: dict[tuple[str, int, str], Predictor] = {}


def _predictor(params: Params, progress: Progress) -> Predictor:
    """The model that `params` name, loaded once; a folder written anew is loaded anew. One model is kept at a time."""
    if "model" in params:
        from core.models.sources import resolve_model

        folder = resolve_model(params["model"]).folder
    else:
        folder = Path(params["folder"])
    config = folder / "config.json"
    if not config.is_file():
        raise InputError("This run has no model yet; let it finish, or stop and save it.")
    precision = params.get("precision") or "fp32"
    key = (str(folder), config.stat().st_mtime_ns, precision)
    if key not in _loaded:
        progress("loading the model", None)
        from core.inference.predictor import Predictor

        _loaded.clear()
        _loaded[key] = Predictor(folder, precision=precision)
    _share_processors()
    return _loaded[key]


def _share_processors() -> None:
    """Compute with half of the threads while a run is trained, else with all."""
    import torch

    from core.runs.active import is_training

    threads = _threads()
    torch.set_num_threads(max(threads // 2, 1) if is_training() else threads)


@cache
def _threads() -> int:
    """How many threads torch has by itself, or by the person's choice."""
    import torch

    return torch.get_num_threads()
