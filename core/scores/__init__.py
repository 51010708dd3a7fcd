"""What a model says of every review of a pile, computed in the background and kept by model and by data.

`scoring.py` computes, `scores.py` reads, `launch.py` starts the process that computes, and `folder.py` says how far it
is; the last two load neither torch nor numpy.
"""
