"""The demo: a recorded run of the starter on the sample reviews, replayed in a private home. Knows no screen."""
