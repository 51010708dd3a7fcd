"""The foundation of all other packages: errors, files, text cleaning, memory."""
