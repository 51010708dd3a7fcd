"""The Journal screen: the lab journal, and what the user says in it."""
