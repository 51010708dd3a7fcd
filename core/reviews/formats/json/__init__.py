"""JSON and JSON Lines, in any of the shapes that people write, and larger than memory."""
