"""Settings that were refused, told in lines that name the variable. Why they are, `settings` says."""

from collections.abc import Iterator

from pydantic import ValidationError


def refusals(error: ValidationError) -> Iterator[str]:
    """Return one line for each setting that was refused; no value is shown, it may be secret."""
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = "".join(f"ANALYTICS_{str(part).upper()}: " for part in each["loc"])
        yield f"{name}{each['msg'].removeprefix('Value error, ')}"
