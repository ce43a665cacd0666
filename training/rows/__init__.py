"""Which rows are learned from: outcomes, who came to be inspected, indicators, the parts, leaks."""
