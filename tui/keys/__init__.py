"""Keys as data: what an action is, what a key is called, how `keys.toml` gives an action other keys."""
