"""Where indicator expressions are run: one file for each engine."""
