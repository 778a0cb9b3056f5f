"""How the ledger's database came to its present form, one step a file; `ledger_database` runs them."""
