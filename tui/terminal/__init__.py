"""Between the application and the terminal: what is drawn, and whether anyone is there."""
