"""The command line, with one file per family of commands. The engine does the heavy work in its own process."""
