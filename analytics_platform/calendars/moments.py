"""A moment as people write it: ISO 8601 with its time zone, never guessed."""

from datetime import UTC, datetime


class MomentError(ValueError):
    """A text that does not say one moment."""


def parse_moment(text: str) -> datetime:
    """Return a moment in UTC.

    Parameters
    ----------
    text : str
        ISO 8601 with an offset or ``Z``. A blank before the offset is taken as its plus sign, which
        addresses of the web lose.

    Raises
    ------
    MomentError
        If it is no time, or has no zone.

    Examples
    --------
    >>> parse_moment("2013-03-01T18:00:00-05:00").isoformat()
    '2013-03-01T23:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(_with_plus(text.strip()))
    except ValueError as error:
        message = f"{text!r} is no moment: write it as 2013-03-01T18:00:00Z, with Z for UTC or an offset"
        raise MomentError(message) from error
    if moment.tzinfo is None:
        message = (
            f"{text!r} has no time zone: say Z for UTC, as in {moment.isoformat()}Z, or an offset as +01:00"
        )
        raise MomentError(message)
    return moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """Return a moment so that `parse_moment` reads it back, to the millisecond.

    Examples
    --------
    >>> written(datetime(2013, 3, 1, 18, tzinfo=UTC))
    '2013-03-01T18:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_plus(text: str) -> str:
    head, blank, tail = text.rpartition(" ")
    return f"{head}+{tail}" if blank and "T" in head and tail[:1].isdigit() else text
