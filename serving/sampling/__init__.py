"""The random draw as pure functions: ratios, counts, frame, seed, tickets. No database, clock or web."""
