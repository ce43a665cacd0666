"""What is fitted to arrays: boosted trees, their calibration, the cuts of the grades, a scorecard."""
