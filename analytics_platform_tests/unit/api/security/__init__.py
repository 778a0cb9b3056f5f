"""Who asks, what they may do, and how much: over real HTTP."""
