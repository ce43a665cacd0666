"""What inspections achieved: measures with numerator, denominator, definition, interval and source."""
