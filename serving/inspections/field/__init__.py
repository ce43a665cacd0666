"""Visits: merged from tasks, staffed, begun; and what is due."""
