"""`transformers.Trainer` at its best: batches of similar length, fused AdamW, and its fastest options.

The options (number format, attention, padding, loader processes) are part of the job; `benchmarks/search.py` finds
them.
"""

from __future__ import annotations

from typing import Any

from benchmarks.peers.common import take_part
from benchmarks.peers.hf_trainer import train

ALWAYS: dict[str, Any] = {"train_sampling_strategy": "group_by_length", "optim": "adamw_torch_fused"}

if __name__ == "__main__":
    take_part(lambda job: train(job, **ALWAYS, **job.options))
