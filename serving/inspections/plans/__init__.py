"""A plan from its draft to its draw, and the tasks that come of it."""
