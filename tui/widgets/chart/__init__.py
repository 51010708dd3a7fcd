"""A line chart in text: series, scales and drawing, each in its own file. The widget is in `widget`."""
