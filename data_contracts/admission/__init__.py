"""Raw files into the lake: every row checked, versioned, counted; all or nothing."""
