"""Studies on a sandbox city whose truth is known: do intervals cover it, do grades survive loops?

Nothing that is fitted here leaves the study; a release never sees the truth.
"""
