"""`transformers.Trainer` at its best: batches of like length, fused AdamW, and the best of its own options.

The options (number format, attention, padding, loader processes) come with the job; `benchmarks/search.py` finds them.
"""

from __future__ import annotations

from typing import Any

from benchmarks.peers.common import take_part
from benchmarks.peers.hf_trainer import train

ALWAYS: dict[str, Any] = {"train_sampling_strategy": "group_by_length", "optim": "adamw_torch_fused"}

if __name__ == "__main__":
    take_part(lambda job: train(job, **ALWAYS, **job.options))
