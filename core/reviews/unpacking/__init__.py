"""Unpacking compressed files and archives into a private folder, within bounds."""
