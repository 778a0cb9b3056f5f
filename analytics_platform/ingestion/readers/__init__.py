"""The reader of each format: bytes to cells of text. No column has a meaning here."""
