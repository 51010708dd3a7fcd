"""The formats of files of decisions, one each; `registry` finds one by its name, by a suffix or by a file's content."""
