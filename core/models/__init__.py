"""Models: where they come from, what is refused, and how a classifier is built on one."""
