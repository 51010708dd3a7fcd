"""The five places of the workbench (Runs, Data, Setup, Train, Classify) and the dialogs over them; styles beside."""
