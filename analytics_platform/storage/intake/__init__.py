"""From the landing zone to the lake."""
