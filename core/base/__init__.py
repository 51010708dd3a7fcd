"""What every room stands on: errors, files, the one cleaning function, memory."""
