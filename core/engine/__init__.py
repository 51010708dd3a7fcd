"""The engine service: a process of its own that does the heavy work for a light one, over a pipe of JSON lines."""
