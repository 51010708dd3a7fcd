"""File formats, a file each: from bytes to tables of cells."""
