"""One folder per screen of the workbench, with its dialogs and its style; no screen imports another."""
