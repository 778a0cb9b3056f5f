"""What a caller may ask to be materialized: read from the body of a request. Dagster is not known here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics_platform.api.parameters import LONGEST_TEXT, Parameter
from analytics_platform.api.problems import Problem

MOST_ASSETS = 200
FIELDS = ("job", "assets", "session", "from", "to")


@dataclass(frozen=True)
class MaterializationAsk:
    """What is asked for.

    Attributes
    ----------
    job : str or None
        A job; None if assets are named.
    assets : tuple of str
        Assets such as ``lake/prices``, in order, none twice; empty if a job is named.
    first_session, last_session : date
        The range, both included; of one session both are equal.
    """

    job: str | None
    assets: tuple[str, ...]
    first_session: date
    last_session: date

    @property
    def fingerprint(self) -> str:
        """Digest of what is asked for: the same for every way to write it."""
        told = [self.job, *self.assets, self.first_session.isoformat(), self.last_session.isoformat()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def parse_ask(body: object) -> MaterializationAsk:
    """Read what is asked for from a JSON object, or from the fields of a form as a mapping of texts.

    Keys: ``job`` or ``assets`` (a list of texts), and ``session``, or ``from`` and ``to``. Of a form leave
    empty fields out.

    Raises
    ------
    Problem
        Status 422, if it is not that; it names the field.

    Examples
    --------
    >>> parse_ask({"job": "analytics", "session": "2013-03-01"}).last_session
    datetime.date(2013, 3, 1)
    """
    if not isinstance(body, Mapping):
        raise Problem(422, "the body is a JSON object such as " + EXAMPLE, "body")
    for name in body:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise Problem(422, f"{_short(name)!r} is no field here: there are {known}", _short(name))
    first, last = _sessions(body)
    if ("job" in body) == ("assets" in body):
        raise Problem(422, "job: give either job or assets, and not both", "job")
    if "job" in body:
        return MaterializationAsk(_text("job", body["job"]), (), first, last)
    return MaterializationAsk(None, _assets(body["assets"]), first, last)


EXAMPLE = '{"job": "analytics", "session": "2013-03-01"}'


def _sessions(body: Mapping[object, object]) -> tuple[date, date]:
    if "session" in body:
        if "from" in body or "to" in body:
            raise Problem(422, "session: give either session, or from and to", "session")
        session = _date("session", body["session"])
        return session, session
    for name in ("from", "to"):
        if name not in body:
            raise Problem(422, f"{name}: is missing; give session, or from and to", name)
    first, last = _date("from", body["from"]), _date("to", body["to"])
    if first > last:
        raise Problem(422, f"from: {first} is after to, {last}; give the earlier date first", "from")
    return first, last


def _date(name: str, value: object) -> date:
    told = Parameter(name, "date", "").read(_text(name, value))
    if not isinstance(told, date):
        raise TypeError(name)
    return told


def _assets(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_ASSETS:
        raise Problem(422, f'assets: is a list of 1 to {MOST_ASSETS} names such as ["lake/prices"]', "assets")
    return tuple(sorted({_text("assets", name) for name in value}))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_TEXT:
        raise Problem(422, f"{name}: is a text of 1 to {LONGEST_TEXT} printable characters", name)
    return value


def _short(name: object) -> str:
    return str(name)[:LONGEST_TEXT]
