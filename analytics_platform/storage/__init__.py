"""Where things are kept: landing zone, ledger, lake, quarantine, warehouse. Protocols and their adapters."""
