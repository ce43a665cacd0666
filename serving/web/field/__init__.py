"""Pages of the field: who goes, what is due, what was found, what it came to, and the rosters behind it."""
