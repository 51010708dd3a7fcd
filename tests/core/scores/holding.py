"""`python -m tests.core.scores.holding LOCK`: holds a lock, as a process that scores does, until its input ends."""

import sys
from pathlib import Path

from core.runs.lock import RunLock

lock = RunLock(Path(sys.argv[1]))
lock.sign()
print("locked", flush=True)
sys.stdin.read()
