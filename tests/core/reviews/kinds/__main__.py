"""`python -m tests.core.reviews.kinds [WORD…] [--bad] [--update]`: the verdict on each made file, and the totals."""

from __future__ import annotations

from tests.core.reviews.kinds.cases import CASES, KNOWN_FAILING, write_all
from tests.core.reviews.table import main

main(CASES, write_all, KNOWN_FAILING)
