"""How often a caller may ask. Counted in the memory of this process: several processes count apart."""

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

FAILURES_PER_MINUTE = 30
"""Of one address: keys and tokens that prove nothing, and logins that fail."""

Kind = Literal["reads", "actions", "failures", "strangers"]

_NETWORK_BITS = 64
_SWEEP_SECONDS = 60.0


class _Counts(MemoryStorage):
    """Counts that are swept once a minute, where the library starts a thread at almost every request."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._swept = time.time()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return the count."""
        with self._lock:
            now = time.time()
            if now - self._swept > _SWEEP_SECONDS:
                self._swept = now
                for old in [each for each, until in self.expirations.items() if until <= now]:
                    self.clear(old)
            count = self.get(key) + amount
            self.storage[key] = count
            if count == amount:
                self.expirations[key] = now + expiry
            return count


class Rates:
    """Counts requests of each caller by the minute.

    Parameters
    ----------
    reads, actions : int
        How many readings, and how many other requests, a caller may make in a minute.
    """

    def __init__(self, *, reads: int, actions: int) -> None:
        self._counts = _Counts()
        self._window = FixedWindowRateLimiter(self._counts)
        self._limits: dict[Kind, RateLimitItem] = {
            "reads": RateLimitItemPerMinute(reads),
            "actions": RateLimitItemPerMinute(actions),
            "failures": RateLimitItemPerMinute(FAILURES_PER_MINUTE),
            "strangers": RateLimitItemPerMinute(reads),
        }

    def wait(self, kind: Kind, caller: str) -> int | None:
        """Count a request; return after how many seconds to try again if it is one too many."""
        limit = self._limits[kind]
        if self._window.hit(limit, kind, caller):
            return None
        ends = self._window.get_window_stats(limit, kind, caller).reset_time
        return max(1, math.ceil(ends - time.time()))


def caller_at(address: str | None) -> str:
    """Return as what an address is counted: of IPv6 its network, for one house has 2**64 addresses.

    Examples
    --------
    >>> caller_at("10.1.2.3"), caller_at("2001:db8::1"), caller_at(None)
    ('10.1.2.3', '2001:db8::/64', 'unknown')
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, _NETWORK_BITS), strict=False))
    return str(parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else parsed)
