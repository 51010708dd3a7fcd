"""The formats that answers are written in, a file each; `registry` finds one by the output's suffix."""
