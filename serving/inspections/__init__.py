"""The life of an inspection plan: from draft to a draw that anyone can repeat."""
