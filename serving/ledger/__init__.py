"""What must be believed later, in SQL: tokens, deployments, registers, plans, draws; with who, when, why."""
