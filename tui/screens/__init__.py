"""The five places of the workbench (Runs, Data, Setup, Train, Classify) with their dialogs and styles."""
