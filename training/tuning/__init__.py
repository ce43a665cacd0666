"""Choosing parameters inside the past: trials on every fold of a rolling origin, and what they gain."""
