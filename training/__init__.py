"""From history to a release. Serving never imports it."""
