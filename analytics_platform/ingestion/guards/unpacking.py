"""gzip with a limit. What the bytes mean is not known here."""

import gzip
import io
import zlib

from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits

_SMALL = 10 << 20


def unpacked(raw: bytes, name: DeliveryName, limits: Limits) -> bytes:
    """Content of a gzip file, if it is not larger than allowed.

    Raises
    ------
    DeliveryRefused
        If it is damaged, or unpacks to more than the limits of size and ratio allow.
    """
    most = min(limits.max_unpacked_bytes, max(limits.max_ratio * len(raw), _SMALL))
    try:
        with gzip.open(io.BytesIO(raw)) as packed:
            content = packed.read(most + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refusal(
            str(name), f"the gzip file is damaged or cut off: {error}", "Pack it and deliver it again"
        ) from error
    if len(content) > most:
        raise refusal(
            str(name),
            f"the file unpacks to more than the {most:,} bytes allowed",
            "Split it by date into several deliveries",
        )
    return content
