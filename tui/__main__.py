"""`python -m tui` is `reviewtui`."""

from tui.command_line import main

main()
