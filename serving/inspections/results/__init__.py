"""Results in versions: entered, published, followed up, returned to the lake."""
