"""The connection to the terminal: the order of keys, the filter of what is drawn, and hang-ups."""
