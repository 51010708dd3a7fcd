"""`python -m core.worker`."""

import sys

from core.worker.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
