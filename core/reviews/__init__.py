"""Reading reviews from any source: formats, columns, labels, the memory-mapped store, splits and leaks.

`options`, `report`, `sources` and `formats/registry` are light, for the process that draws the screen; the rest imports
pyarrow.
"""
