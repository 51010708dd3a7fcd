"""What every screen has: its place in the table of screens, the top line, help, the `g` menu and the palette."""
