"""The screen: the Textual workbench and the command line. It never imports torch, transformers or datasets."""
