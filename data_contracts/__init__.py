"""What others promise us: contracts, admission, the lake, the sandbox city. Knows no indicator, no model."""
