"""One module a stack, each deployable alone after those it names."""
