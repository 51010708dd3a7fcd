"""A line chart in text: series, scales and drawing, each in a file of its own. The widget is in `widget`."""
