"""Default batch sizes, which training uses and forecasts rely on."""

EVALUATION_TOKENS, EVALUATION_REVIEWS = 4096, 64
"""Limits of a batch in an evaluation. The tokens also limit a batch of the pass that computes frozen layers once."""
TRANSFORMERS_TOKENS, TRANSFORMERS_REVIEWS = 1 << 14, 32
"""Limits of a micro-batch on the transformers path; the limit on reviews applies to CPUs only."""
HEAD_TOKENS = 1 << 20
"""Token limit of a micro-batch on the native path if only the head learns: a review is then one row of any length."""
POOL_ELEMENTS, HEAD_POOL_ELEMENTS = 1 << 22, 1 << 20
"""Elements in a pool of dropout masks: in general, and if only the head has dropout."""
