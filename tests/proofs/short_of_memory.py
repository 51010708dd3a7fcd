"""Two trainings in a process of its own: one undisturbed, one with less memory than it asks for.

`python -m tests.proofs.short_of_memory MODEL PATH DEVICE ROOM`, where ROOM are MiB: of address space beyond what the
process has on a CPU, of what torch's allocator may give out on a GPU. The last line of what it prints says how far the
weights are apart, how many reviews each step had, and what was said of memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

import numpy as np
import psutil
import torch

from core.base.subprocess_env import child_environment
from core.data.examples import Examples
from core.data.tokens import encode, special_tokens_of
from core.learners import choose
from core.models.classifier import build_classifier
from core.models.sources import resolve_model
from core.settings.schema import Settings
from core.training.loop import TrainingLoop
from tests.core.conftest import MemoryStore, Recorder, on_transformers

_MIB = 1 << 20
_UNLIMITED = resource.RLIM_INFINITY


def compare(model: str, path: str, device: str, room: int) -> dict[str, Any]:
    """What the process found: gap, reviews, said."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, model, path, device, str(room)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def trained(model: str, micro: int, room: int, device: torch.device) -> tuple[dict[str, torch.Tensor], Recorder]:
    """Weights after two steps, and what was observed. Args: room: 0 for all there is."""
    settings = Settings(
        model=model, batch_size=32, micro_batch_size=micro, max_length=128, max_steps=2, dropout=0, seed=4,
        learning_rate=1e-4, precision="fp32", checkpoint_seconds=1e9, device=str(device),
    )  # fmt: skip
    classifier = build_classifier(resolve_model(model), ("bad", "good"), settings)
    texts = [" ".join(["word", "another", "chair"] * 60)[: 200 + 9 * i] for i in range(64)]
    store = MemoryStore(encode(classifier.tokenizer, texts))
    labels, rows = np.arange(64) % 2, np.arange(64)
    examples = Examples(store, rows, labels)
    recorder = Recorder()
    recorder.control_requests = list  # type: ignore[method-assign]  # nothing is asked for
    frame = special_tokens_of(classifier.tokenizer, 128, "head")
    loop = TrainingLoop(classifier, frame, examples, examples, settings, device, "fp32", None, recorder)
    limit(device, room)
    loop.rehearse()
    loop.run()
    limit(device, 0)
    loop.take_best()
    return {name: weight.detach() for name, weight in classifier.model.named_parameters()}, recorder


def limit(device: torch.device, room: int) -> None:
    """Limit the memory of the process from now on, in MiB; 0 for no limit."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        whole = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(room * _MIB / whole if room else 1.0, device)
        return
    most = psutil.Process().memory_info().vms + room * _MIB if room else _UNLIMITED
    resource.setrlimit(resource.RLIMIT_AS, (most, _UNLIMITED))


def main(model: str, path: str, device: str, room: str) -> None:
    torch.set_num_threads(2)
    torch.ones(64, 64) @ torch.ones(64, 64)  # threads take their address space before it is limited
    if path == "transformers":
        choose.plan_of = on_transformers
    control, _ = trained(model, 4, 0, torch.device(device))
    weights, recorder = trained(model, 32, int(room), torch.device(device))
    gap = max(float((weights[name] - control[name]).abs().max()) for name in control)
    said = [record.what for record in recorder.memory]
    print(json.dumps({"gap": gap, "said": said, "reviews": [step.reviews for step in recorder.steps]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
