"""What stands in a query string or a form of the site: named texts, bounded; what they mean, routes say."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from fastapi import Request

from analytics_platform.api.problems import Problem

LONGEST_VALUE = 4096
LARGEST_FORM = 1 << 16
_MOST_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"


def asked(request: Request, names: Sequence[str]) -> Mapping[str, str | None]:
    """Return the named texts of the query; None for one that is not there or empty. Others are passed over.

    Raises
    ------
    Problem
        If a text cannot be one of ours.
    """
    return {name: _checked(name, request.query_params.get(name)) or None for name in names}


async def sent(request: Request, names: Sequence[str]) -> Mapping[str, str]:
    """Return the named fields of a form that are not empty.

    Raises
    ------
    Problem
        If it is no form, too large, or a field cannot be one of ours.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise Problem(415, f"The form must be sent as {_FORM}; use the one of this site.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise Problem(413, f"The form is larger than {LARGEST_FORM} bytes; name fewer assets.")
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Problem(422, "The form cannot be read; use the one of this site.") from error
    return {name: text for name, text in pairs if name in names and _checked(name, text)}


def _checked(name: str, text: str | None) -> str:
    if text is None:
        return ""
    if len(text) > LONGEST_VALUE or "\0" in text:
        raise Problem(422, f"{name}: is too long, or holds what no name here holds", name)
    return text.strip()
