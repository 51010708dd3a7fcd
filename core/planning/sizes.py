"""How much is computed at a time where nobody says otherwise: what training does and a forecast counts on."""

EVALUATION_TOKENS, EVALUATION_REVIEWS = 4096, 64
"""What an evaluation computes at a time, at most; also tokens of a batch in which frozen layers are computed once."""
TRANSFORMERS_TOKENS, TRANSFORMERS_REVIEWS = 1 << 14, 32
"""Limits of a micro-batch on the transformers path; the second on a CPU only."""
HEAD_TOKENS = 1 << 20
"""The same on the native path where only the head learns: there a review is one row, however long it is."""
POOL_ELEMENTS, HEAD_POOL_ELEMENTS = 1 << 22, 1 << 20
"""Elements of a pool of dropout masks; the second where only the head has any."""
