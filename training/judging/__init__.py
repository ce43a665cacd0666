"""What a fitted model is worth: evidence on honest rows, rivals, probes, gates, drift, comparison."""
