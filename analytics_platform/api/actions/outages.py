"""Telling callers that something which an action needs does not work now: status 503 with the cure."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from analytics_platform.api.actions.dagster_graphql import DagsterError
from analytics_platform.api.actions.starts import StartError
from analytics_platform.api.problems import Problem
from analytics_platform.storage.landing.object_versions import LandingZoneError
from analytics_platform.storage.ledger.database import LedgerError


@contextmanager
def outages(*, besides: str = "") -> Iterator[None]:
    """Turn errors of Dagster, Step Functions, the ledger and the landing zone into problems.

    Parameters
    ----------
    besides : str
        What else to tell.
    """
    try:
        yield
    except (DagsterError, StartError) as error:
        raise Problem(503, f"{error}{besides}") from error
    except (OperationalError, LedgerError) as error:
        raise Problem(503, _LEDGER) from error
    except LandingZoneError as error:
        raise Problem(503, _LANDING) from error


_LEDGER = "the ledger cannot be used now: look at ANALYTICS_LEDGER_URL and at its database, then ask again"
_LANDING = "the landing zone cannot be used now: look at ANALYTICS_LANDING_URL, then ask again"
