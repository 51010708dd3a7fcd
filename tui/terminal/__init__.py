"""What stands between the app and the terminal."""
