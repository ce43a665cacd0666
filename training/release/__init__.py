"""From a fitted model to a release: its card, its files under a manifest, its place in MLflow."""
