"""The output formats, one file each; `registry` finds one by the suffix of the output."""
