"""`make gpu`: proofs, a benchmark and a memory table in the few minutes that a GPU is at hand."""
