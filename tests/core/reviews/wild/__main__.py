"""`python -m tests.core.reviews.wild [WORD…] [--bad] [--update]`: the verdict on each file, and the totals."""

from __future__ import annotations

from tests.core.reviews.table import main
from tests.core.reviews.wild.cases import CASES, KNOWN_FAILING, WILD

main(CASES, lambda scratch: WILD, KNOWN_FAILING)
