"""The site: pages that the server renders for people, over what is published, the ledger and quarantine."""
