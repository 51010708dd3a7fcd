"""Decisions as files: written for training and for other tools, and read back into a pile.

`record` is what a file says of one review, `formats` are the files, `selection` says which reviews go into one,
`exporting` writes it, and `importing` finds its reviews in a pile. Nothing heavy is imported: the screen exports, too.
"""
