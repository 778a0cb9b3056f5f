"""Reading what is published before somebody asks for it, so that nobody waits for the disk."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.published import PublishedTables
from analytics_platform.storage.published.serving import DamagedVersionError, NotPublishedError

LOOK_SECONDS = 0.25

_LOG = logging.getLogger(__name__)


def warm(tables: PublishedTables) -> str | None:
    """Read and encode the newest session of each table; return the version, None if nothing is published."""
    try:
        version = tables.at(None)
        for name in dict.fromkeys(endpoint.table for endpoint in ENDPOINTS):
            if name not in version.tables:
                continue
            newest = tables.newest_session(version, name)
            between = None if newest is None else (newest, newest)
            for each in tables.partitions(version, name, between):
                each.encoded(each.rows if newest is None else each.of_session(newest))
    except NotPublishedError:
        return None
    except DamagedVersionError:
        _LOG.exception("a published version cannot be read")
        return None
    return version.name


async def keep_warm(tables: PublishedTables) -> None:
    """Warm each version as it is published, until cancelled."""
    seen: object = None
    while True:
        try:
            mark = tables.publication().mark
        except NotPublishedError:
            mark = None
        if mark is not None and mark != seen:
            await run_in_threadpool(warm, tables)
            seen = mark
        await asyncio.sleep(LOOK_SECONDS)
