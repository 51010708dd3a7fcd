"""Classifying a whole source into a file: in bounded memory, streamed to disk, and resumable.

`classify.py` is the entry point. Until the file is complete, a private folder next to it (`partial.py`) holds what
decides its content (`job.py`) and the answers so far, in chunks (`chunk_log.py`), as the output format (`formats/`)
writes them.
"""
