"""What became of every object version."""
