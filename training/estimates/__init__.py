"""Estimates with their uncertainty: ranking, calibration, population rates, how strict inspectors are."""
