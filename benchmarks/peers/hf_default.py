"""`transformers.Trainer` with its defaults: fp32, random batches, each padded to its longest review."""

from __future__ import annotations

from benchmarks.peers.common import take_part
from benchmarks.peers.hf_trainer import train

if __name__ == "__main__":
    take_part(lambda job: train(job, **job.options))
