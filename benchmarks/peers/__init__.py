"""The contestants, one per file. Each runs in a separate process: `python -m benchmarks.peers.NAME JOB`."""
