"""`python -m tui` is `reviewtui`."""

from tui.commands.main import main

main()
