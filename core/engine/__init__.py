"""The engine service: a process that does heavy work for a light one, over a pipe of JSON lines."""
