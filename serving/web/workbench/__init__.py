"""The plan workbench: items and scope, policy, the frontier of findings and precision, the draw."""
