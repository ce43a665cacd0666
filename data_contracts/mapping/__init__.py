"""A mapping file and what it means: which foreign file feeds which table, what foreign words stand for."""
