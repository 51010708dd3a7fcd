"""File formats, one file each: from bytes to tables of cells. `registry` lists them."""
