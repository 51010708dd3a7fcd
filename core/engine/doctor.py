"""The facts about this machine that `reviewtui doctor` prints."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import msgspec

import core
from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder
from core.engine.requests import DoctorReport
from core.runs.figures import GpuMemory
from core.runs.logout import plan_detachment


def examine(progress: Callable[[str, float | None], None]) -> DoctorReport:
    """Examine device, bf16 speed, memory, disk, models, and whether a detached run survives a logout.

    Returns:
        The facts; a question that cannot be answered holds the error message instead.
    """
    progress("loading torch", None)
    import torch
    import transformers

    from core.base.memory import sample
    from core.models.device import bf16_speedup, choose_device, choose_precision
    from core.models.sources import PREFERRED, resolve_model, starter_folder
    from core.planning.run_plan import cpu_threads

    device = choose_device("auto")
    progress("timing bf16", None)
    speedup = bf16_speedup()
    detachment = plan_detachment()
    progress("looking for models", None)
    memory = sample(torch.cuda if torch.cuda.is_available() else None)
    return DoctorReport(
        reviewtui=core.__version__,
        torch=str(torch.__version__),  # a subclass of str
        transformers=transformers.__version__,
        device=str(device),
        devices=tuple(msgspec.convert(gpu, GpuMemory) for gpu in memory["devices"]),
        threads=cpu_threads(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        bf16_speedup=round(speedup, 2),
        precision=choose_precision("auto", device),
        memory_total=memory["system_total"],
        memory_available=memory["system_available"],
        memory_limit=memory["limit"],
        home=str(home()),
        disk_free=shutil.disk_usage(private_folder(home())).free,
        starter=_attempt(starter_folder),
        default_model=_attempt(lambda: resolve_model("auto").name),
        preferred_model=PREFERRED,
        detached_by=detachment.how,
        survives_logout=detachment.survives,
        survives_logout_why=detachment.why,
        survives_logout_advice=detachment.advice,
    )


def _attempt(look: Callable[[], object]) -> str:
    """Return the result of `look` as text, or the message of the error that it raised."""
    try:
        return str(look())
    except ReviewtuiError as error:
        return str(error)
