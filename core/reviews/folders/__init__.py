"""What the files of a folder are for, by their names and places. It loads quickly: the file picker uses it."""
