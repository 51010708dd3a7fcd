"""One file a contestant, each run in a process of its own: `python -m benchmarks.peers.NAME JOB`."""
