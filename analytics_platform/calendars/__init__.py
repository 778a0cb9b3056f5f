"""Trading sessions of exchanges, as data and pure functions. No partitions, and no prices."""
