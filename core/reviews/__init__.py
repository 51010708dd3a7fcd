"""Reading reviews from any file: formats, columns, labels, the memory-mapped store, splits and leaks.

`options` and `report` are light (pydantic only), for the process that draws the screen; the rest loads pyarrow.
"""
