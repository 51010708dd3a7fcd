"""The engine: reads reviews, fine-tunes encoders, keeps runs, classifies. It never imports the screen."""

__version__ = "0.1.0"
