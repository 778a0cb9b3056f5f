"""`analytics api-key`: giving, listing and revoking keys of the API."""

from typing import Annotated

import typer

api_key_app = typer.Typer(help="Keys of the API: give, list, revoke.", no_args_is_help=True)

REFUSED = 2

Name = Annotated[str, typer.Argument(help="Name of the key, such as desk-reports; not the key itself")]


@api_key_app.command()
def new(
    name: Name,
    scopes: Annotated[
        str, typer.Option(help="What its holder may do: read, upload, materialize; with commas between them")
    ] = "read",
    days: Annotated[int | None, typer.Option(help="Days after which it ends; default: it does not")] = None,
    sha256: Annotated[
        str | None, typer.Option(help="Digest of a key that `draw` made elsewhere; then none is printed")
    ] = None,
) -> None:
    """Give a key and print it, once: only its digest is kept."""
    from analytics_platform.api.security.key_file import KeyRequestError, admit, give
    from analytics_platform.api.security.keys import KeyFileError
    from analytics_platform.settings import settings

    asked = [each.strip() for each in scopes.split(",")]
    try:
        if sha256 is None:
            key = give(settings().api_keys, name, asked, days)
        else:
            admit(settings().api_keys, name, sha256, asked, days)
    except (KeyRequestError, KeyFileError) as error:
        raise _refused(error) from error
    _record("api-key new", name)
    if sha256 is not None:
        typer.echo(f"{name} may come with the key of that digest")
        return
    typer.echo("Keep this key where only its holder reads it; it is not shown again.", err=True)
    typer.echo(key)


@api_key_app.command()
def draw() -> None:
    """Print a key for an installation elsewhere, whose output is logged; give it there by its digest."""
    from analytics_platform.api.security.keys import digest_of, random_key

    key = random_key()
    typer.echo("Keep this key where only its holder reads it; there: analytics api-key new NAME", err=True)
    typer.echo(f"--sha256 {digest_of(key)}", err=True)
    typer.echo(key)


@api_key_app.command("list")
def list_() -> None:
    """Print the names of the keys, what they allow and when they end."""
    from datetime import UTC, datetime

    from analytics_platform.api.security.identity import SCOPES
    from analytics_platform.api.security.keys import KeyFileError, read_keys
    from analytics_platform.settings import settings

    try:
        keys = read_keys(settings().api_keys)
    except KeyFileError as error:
        raise _refused(error) from error
    now = datetime.now(UTC)
    for key in sorted(keys.values(), key=lambda each: each.name):
        ends = "does not end" if key.expires is None else f"ends {key.expires:%Y-%m-%d %H:%M} UTC"
        allowed = ",".join(scope for scope in SCOPES if scope in key.scopes)
        told = "has ended" if key.is_expired(now) else ends
        typer.echo(f"{key.name}  {allowed}  given {key.created:%Y-%m-%d %H:%M} UTC  {told}")
    if not keys:
        typer.echo("no keys; analytics api-key new NAME --scopes read gives one", err=True)


@api_key_app.command()
def revoke(name: Name) -> None:
    """Revoke a key; a running server refuses it from its next request on."""
    from analytics_platform.api.security.key_file import KeyRequestError
    from analytics_platform.api.security.key_file import revoke as revoke_key
    from analytics_platform.api.security.keys import KeyFileError
    from analytics_platform.settings import settings

    try:
        revoke_key(settings().api_keys, name)
    except (KeyRequestError, KeyFileError) as error:
        raise _refused(error) from error
    _record("api-key revoke", name)
    typer.echo(f"{name} is revoked")


def _refused(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(REFUSED)


def _record(what: str, name: str) -> None:
    from analytics_platform.api.security.audit import AuditLog
    from analytics_platform.settings import settings

    log = AuditLog(settings().audit_log)
    log.write(who="command line", what=what, about=name, outcome="done", from_="this machine")
