"""Before anything is admitted: a draft of a mapping, and all that is wrong with mapping, files and rows."""
