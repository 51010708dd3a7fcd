"""The lab journal as people read it: an entry in words, its figures, and the whole as Markdown with text plots or SVG.

escape.py     text of users and data in Markdown
words.py      an entry in words, for Markdown and for the screen
figures.py    what the figures of an entry show
plots.py      a figure as text
svg.py        a figure as SVG
markdown.py   entries as a Markdown document
writing.py    the document as a file, with its SVG files beside it
asking.py     what has to be asked of the engine
"""
