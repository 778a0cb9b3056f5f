"""What a message on the queue of requests says, and what is wrong with it. Nothing is looked up here."""

import json
import re
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

_SHOWN = 80
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class UnreadableMessageError(ValueError):
    """A message has no token that could be answered; it says what is wrong."""


class InvalidRequestError(ValueError):
    """A request cannot be; it says what is wrong and how to ask."""


def _iso_date(value: object) -> object:
    """Let through only dates as the interface writes them: pydantic also takes numbers for dates."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        message = "must be a date such as 2013-03-01"
        raise ValueError(message)
    return value


def _printable(value: str) -> str:
    """Refuse characters that no database keeps and no log shows."""
    if not value.isprintable():
        message = "must not hold control characters"
        raise ValueError(message)
    return value


Session = Annotated[date, BeforeValidator(_iso_date)]
Text = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_printable)]


class UploadRequest(BaseModel):
    """An upload whose version is to be loaded.

    Attributes
    ----------
    bucket, key : str
        What was put, by its whole key.
    version_id : str or None
        Which version; the newest if it is none, empty or ``null``.
    """

    kind: Literal["upload"]
    bucket: Text
    key: Text
    version_id: Annotated[str, Field(max_length=1024), AfterValidator(_printable)] | None = None


class MaterializeRequest(BaseModel):
    """A job, or some assets, that are to be computed for some sessions.

    Attributes
    ----------
    id : str
        Of the request.
    job : str or None
        Job that runs; or else
    assets : tuple of str or None
        assets, such as ``lake/prices``.
    first_session, last_session : date
        The range, both included.
    requested_by : str
        Who asked.
    """

    kind: Literal["materialize"]
    id: Text
    job: Text | None = None
    assets: tuple[Text, ...] | None = None
    first_session: Session
    last_session: Session
    requested_by: Text

    @model_validator(mode="after")
    def _either(self) -> "MaterializeRequest":
        if (self.job is None) == (not self.assets):
            message = "it has both or neither of the two; name either a job or assets"
            raise ValueError(message)
        if self.first_session > self.last_session:
            order = f"first_session {self.first_session} is after last_session {self.last_session}"
            message = f"{order}; give the earlier first"
            raise ValueError(message)
        return self


Request = Annotated[UploadRequest | MaterializeRequest, Field(discriminator="kind")]
_REQUEST: TypeAdapter[UploadRequest | MaterializeRequest] = TypeAdapter(Request)


class Envelope(BaseModel):
    """A request and whom to answer.

    Attributes
    ----------
    token : str
        What the waiting task is answered by.
    execution : str
        ARN of the execution.
    attempt : str
        State and number of the attempt in it.
    request : object
        What is asked for; it may be anything.
    """

    token: Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_printable)]
    execution: Text
    attempt: Text
    request: object = None


def envelope_of(body: str) -> Envelope:
    """Return whom a message asks to answer.

    Raises
    ------
    UnreadableMessageError
        If it names nobody.
    """
    try:
        return Envelope.model_validate_json(body)
    except ValidationError as error:
        message = f"no request with a task token: {told(error)}"
        raise UnreadableMessageError(message) from error


def request_of(envelope: Envelope) -> UploadRequest | MaterializeRequest:
    """Return what is asked for.

    Raises
    ------
    InvalidRequestError
        If it cannot be read.
    """
    try:
        return _REQUEST.validate_python(envelope.request)
    except ValidationError as error:
        message = (
            f"the request cannot be read: {told(error)}; send kind upload with bucket and key, or kind "
            "materialize with id, job or assets, first_session, last_session and requested_by"
        )
        raise InvalidRequestError(message) from error


def told(error: ValidationError) -> str:
    """Return what is wrong, in one line."""
    lines = []
    for each in error.errors(include_url=False):
        place = ".".join(str(part) for part in each["loc"])
        lines.append(f"{place}: {each['msg']}" if place else each["msg"])
    return "; ".join(lines)


def as_text(envelope: Envelope) -> str:
    """Return what was asked for, as it is kept."""
    return json.dumps(envelope.request, sort_keys=True)
