"""The builder's only source of chance: numbers in [0, 1) that a name decides, on every machine the same."""

from hashlib import sha256


def chance(*name: object) -> float:
    """Return the number in [0, 1) that belongs to the name.

    Examples
    --------
    >>> chance("EQ_US", 2003) == chance("EQ_US", 2003)
    True
    """
    digest = sha256("/".join(map(str, name)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
