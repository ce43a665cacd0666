"""What a release is: load, score, grade, explain. No fitting, no SQL, no web.

It exports nothing by itself: a draw needs the letters of `models.grades`, and not the seconds of LightGBM.
"""
