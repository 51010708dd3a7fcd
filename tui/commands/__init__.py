"""The command line: one file a family of commands; the heavy work is the engine's, in its own process."""
