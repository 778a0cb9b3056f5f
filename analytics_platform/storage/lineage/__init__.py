"""Where a number comes from, and what changed between two moments."""
