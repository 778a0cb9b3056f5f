"""Builder of OpenDocument spreadsheets (.ods), down to the XML of single cells."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text", "style")
)
_CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
_STYLES = (
    '<office:automatic-styles><style:style style:name="gone" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)
_MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def text(value: str) -> str:
    """XML of a text cell."""
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def number(value: str, kind: str = "float") -> str:
    """XML of a number, written as given."""
    stored = f'office:value-type="{kind}" office:value="{value}"'
    return f"<table:table-cell {stored}><text:p>?</text:p></table:table-cell>"


def day(value: str) -> str:
    """XML of a date in ISO form."""
    stored = f'office:value-type="date" office:date-value="{value}"'
    return f"<table:table-cell {stored}><text:p>?</text:p></table:table-cell>"


def row(*cells: str, repeated: int = 1) -> str:
    """XML of a row of cells."""
    times = "" if repeated == 1 else f' table:number-rows-repeated="{repeated}"'
    return f"<table:table-row{times}>{''.join(cells)}</table:table-row>"


def table(name: str, rows: Sequence[str], *, is_hidden: bool = False) -> str:
    """XML of a sheet."""
    style = ' table:style-name="gone"' if is_hidden else ""
    return f"<table:table table:name={quoteattr(name)}{style}>{''.join(rows)}</table:table>"


def open_document(*tables: str, manifest: str = _MANIFEST, kind: str = _ODS, **parts: str) -> bytes:
    """Spreadsheet of these sheets, and other parts by name."""
    content = (
        f"<office:document-content {_SPACES} {_CALC}>{_STYLES}<office:body><office:spreadsheet>"
        f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind)
        for name, part in {"content.xml": content, "META-INF/manifest.xml": manifest, **parts}.items():
            archive.writestr(name, part)
    return buffer.getvalue()
