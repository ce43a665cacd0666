"""Remedies: which lawful act lowers a grade, and from which date; every promise is replayed first.

Only acts of the entity and the passing of time are proposed. A promise never rests on age, region, industry
or any other indicator that the catalogue declares unchangeable.
"""
