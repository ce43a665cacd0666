"""What others promise us: contracts, mappings, admission, the lake, the sandbox city. Knows no indicator and no model."""
