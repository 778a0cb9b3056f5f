"""Pages of quarantine: what was refused and why; its files are saved, never shown by the browser."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import FileResponse

from analytics_platform.api.problems import Problem
from analytics_platform.api.site.queries import asked
from analytics_platform.api.site.rendering import page
from analytics_platform.api.site.site import Site
from analytics_platform.storage.intake.quarantine import READABLE, REJECTED, REPORT
from analytics_platform.storage.ledger.entries import Entry

FILES_PER_PAGE = 25
_SUMMARY_CHARACTERS = 300
_KINDS: Mapping[str, str] = {
    READABLE: "Report for people",
    REPORT: "Report for programs",
    REJECTED: "Rejected rows, formulas made harmless",
}
_AS_IT_CAME = "The file as it came: open it with care"
_HARMLESS: Mapping[str, str] = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
}


def add_quarantine(router: APIRouter, read: params.Depends, site: Site) -> None:
    """Add the list of what was refused, the report of one version, and its files to save."""

    @router.get("/quarantine", dependencies=[read])
    def quarantine(request: Request) -> Response:
        cursor = asked(request, ("cursor",))["cursor"]
        found = site.ledger.in_quarantine(FILES_PER_PAGE, cursor)
        return page(
            "quarantine.html.j2",
            entries=[(entry, _summary(site, entry)) for entry in found.entries],
            next_cursor=found.next_cursor,
            cursor=cursor,
        )

    @router.get("/quarantine/report", dependencies=[read])
    def report(request: Request) -> Response:
        entry = _entry(site, request)
        kept = [
            (path.name, _KINDS.get(path.name, _AS_IT_CAME), path.stat().st_size)
            for path in site.quarantine.kept(entry.version)
        ]
        return page(
            "quarantine_report.html.j2",
            entry=entry,
            report=site.quarantine.report(entry.version) or entry.message or "No report is kept.",
            kept=kept,
            run_url=site.run_url,
        )

    @router.get("/quarantine/file", dependencies=[read])
    def file(request: Request) -> Response:
        entry = _entry(site, request)
        name = asked(request, ("name",))["name"] or ""
        found = {path.name: path for path in site.quarantine.kept(entry.version)}
        if name not in found:
            raise Problem(
                404, "Quarantine keeps no such file of this version; its report lists what there is."
            )
        return FileResponse(
            found[name],
            media_type="application/octet-stream",
            filename=name,
            content_disposition_type="attachment",
            headers=dict(_HARMLESS),
        )


def _entry(site: Site, request: Request) -> Entry:
    query = asked(request, ("key", "version"))
    entry = site.ledger.entry(query["key"] or "", query["version"] or "")
    if entry is None:
        raise Problem(404, "Quarantine knows no such version; its list shows what there is.")
    return entry


def _summary(site: Site, entry: Entry) -> str:
    """Return the first finding of a version: its report names the file and the verdict before."""
    report = site.quarantine.report(entry.version) or ""
    findings = [line for line in report.partition("\n\n")[2].splitlines() if line.strip()]
    text = findings[0] if findings else (entry.message or "").partition("\n")[0]
    return text if len(text) <= _SUMMARY_CHARACTERS else f"{text[:_SUMMARY_CHARACTERS]}..."
