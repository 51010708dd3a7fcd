"""CSV, TSV and their relatives: the dialect is detected, and every line is accounted for."""
