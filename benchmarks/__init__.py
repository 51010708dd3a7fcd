"""Compares how fast this project and its peers train and classify: `make bench` writes RESULTS.md."""
