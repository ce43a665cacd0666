"""Deadlines of inspections in Chinese working days."""
