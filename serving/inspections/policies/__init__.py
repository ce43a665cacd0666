"""Policies in versions, whom they let a plan draw, and what past draws found."""
