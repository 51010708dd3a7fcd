"""Classifying a whole source into a file: in bounded memory, streamed to disk, and gone on with after any end.

`classify.py` is the entry. While it works, what is done lies in a private folder beside the output (`partial.py`):
what is being done (`job.py`) and the chunks of answers that are whole (`chunk_log.py`), as `forms.py` and `parquet.py`
write them.
"""
