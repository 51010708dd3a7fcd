"""What scores can show: differences with intervals and p values, verdicts, and what a comparison could have seen.

Scores and their differences are fractions (0.01 is one point), unless a name says points; intervals cover 95 %, tests
are two-sided at 5 %. Whatever draws random numbers takes a seeded generator. Nothing here reads a file or knows a run.
"""
