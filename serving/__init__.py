"""What people use: the grade register, the ledger, plans and draws, pages and HTTP."""
