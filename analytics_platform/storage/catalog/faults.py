"""What can go wrong with the catalogue."""


class CatalogError(RuntimeError):
    """The catalogue cannot be reached, refuses, or holds what contradicts the lake; says what to do."""
