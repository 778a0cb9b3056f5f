"""Reading the JSON body of an action, and what is told of its caller. Multipart forms are not read here."""

import json
from collections.abc import Mapping, Sequence

from fastapi import Request
from starlette.requests import ClientDisconnect

from analytics_platform.api.problems import Problem

LONGEST_BODY = 64 * 1024
JSON = "application/json"


async def json_of(request: Request) -> object:
    """Return the JSON body of a request.

    Raises
    ------
    Problem
        Status 415 if it is something else, which a form of another page could send; 413 if it is long; 422 if
        it cannot be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON or len(request.headers.getlist("content-type")) != 1:
        raise Problem(415, f"Content-Type: is {JSON} here", "Content-Type")
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                told = f"body: is longer than {LONGEST_BODY // 1024} KB; ask for less at once"
                raise Problem(413, told, "body")
    except ClientDisconnect as error:
        raise Problem(400, "body: the connection ended before it did; send it again", "body") from error
    try:
        return json.loads(body.decode(), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise Problem(422, "body: is no JSON, or names a field twice; correct it", "body") from error


def _without_repetition(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError
    return told


def one_header(request: Request, name: str) -> str:
    """Return a header that has to be there once.

    Raises
    ------
    Problem
        Status 422 if it is not.
    """
    found = request.headers.getlist(name)
    if len(found) != 1:
        raise Problem(422, f"{name}: has to be given once", name)
    return found[0]


def address_of(request: Request) -> str:
    """Return the address of the caller."""
    return "unknown" if request.client is None else request.client.host
