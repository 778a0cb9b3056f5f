"""Every message that a user may see, found in the source: what `docs/errors.md` is made of.

``python -m analytics_platform_tests.error_messages`` writes the document; a test holds it up to date.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "errors.md"
STAGES = {
    "ingestion": "A file is refused, or rows of it",
    "storage": "Stores: landing zone, ledger, lake, quarantine, published versions",
    "calendars": "Trading calendars",
    "cli": "Commands",
    "api": "HTTP",
    "defs": "Assets and runs",
    "triggers": "State machines and Lambda functions",
    "archives": "Archives of the slim container",
    "local_aws": "The emulation on one machine",
}
"""Folders whose errors users see, and the heading that each gets."""

_GAP = "…"
_FACTORIES = {
    "refusal": (1, 2),
    "Fault": (1, 2),
    "RowRule": (2, 3),
    "Finding": (99, 99),
    "Failure": (2, 3),
    "HTTPException": (1, 99),
}
"""Call, and the places of message and cure among its positional arguments."""

_TELLING = re.compile(
    r"; |: |\b(must|needs|give|say|set|keep|run|write|ask|known are|it has|one of|nor s3)\b", re.IGNORECASE
)
"""A message that says by itself what to do, or names what there is to choose from."""

_OURS = "A fault of the platform, not of the file: nothing was loaded; please report it"
CURES = {
    "column … is of type …, which no file can hold": _OURS,
    "… read is not … accepted + … rejected + … ignored": _OURS,
    "… accepted and … rejected were written and not … and …": _OURS,
    "… (status …) …": "The file is tried again; report it with the lines below if it stays so",
    "no SQL type for …": _OURS,
    "Redshift has no type for …": _OURS,
    "a query group is 1 to 320 letters, digits and ' .:/=,-_', not …": _OURS,
    "external tables have no type for …": _OURS,
    "row … of the rows for … has … …, outside of … to …, which are replaced": _OURS,
    "… parameters for … question marks": _OURS,
    "there is no object …": "It was taken away from the bucket; `analytics reconcile` loads its file again",
    "rows do not conform to the contract of …: …": _OURS,
    "… has no column … to choose by": _OURS,
    "… has no column …; it has …": _OURS,
    "this is not a regular expression": "Correct it in the dialect",
    "… is not used here": "Take it out of the dialect",
    "… files could not be loaded and are owed still: …": "Mend what each names; the next run tries again",
    "… is no name inside the landing zone": "Name the file as in positions/custodian-a_2013-02-28.xlsx",
    "calendar … covers … to …, not …": "Choose dates inside, or renew the data of the calendar",
    "as known at …: …": "Ask for a later moment, or for another session or portfolio",
    "the range is reversed: … is after …": "Give the earlier date first",
    "there is no session of … from … to …": "Choose a range that holds a session",
    "… GB free at …; at least 1 GB is needed": "Free space, or set ANALYTICS_HOME to another disk",
    "… is before the first session … of this installation": "Choose later dates, or move that one",
    "dbt could not parse …": "Mend what dbt says above the message",
    "the intake is open only while a run executes": _OURS,
    "the run asks for sessions that are no partitions": "Ask for sessions of the exchange calendar",
}
"""What to do about messages that have no cure of their own."""

_MOST_VARIANTS = 12
_DEEPEST = 6


@dataclass(frozen=True, order=True)
class Message:
    """One message.

    Attributes
    ----------
    stage : str
        Folder of the code that says it.
    text : str
        The message, with a gap where a value stands.
    cure : str
        What to do; empty where the message says it itself.
    """

    stage: str
    text: str
    cure: str


class _Function:
    """Names that a function assigns, so that a message kept in a variable can be read."""

    def __init__(self, node: ast.AST, outer: dict[str, list[ast.expr]]) -> None:
        self.values: dict[str, list[ast.expr]] = dict(outer)
        names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        self._reads = Counter(name.id for name in names if isinstance(name.ctx, ast.Load))
        for each in ast.walk(node):
            if isinstance(each, ast.Assign):
                for target in each.targets:
                    self._keep(target, each.value)

    def _keep(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.values.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for part, given in zip(target.elts, value.elts, strict=True):
                self._keep(part, given)

    def texts(self, node: ast.expr | None, depth: int = 0) -> list[str]:
        """List all texts that an expression may stand for; a gap where it is a value."""
        below = depth + 1
        found = [_GAP]
        match node if depth < _DEEPEST else None:
            case ast.Constant(value=value):
                found = [str(value)]
            case ast.JoinedStr(values=parts):
                found = ["".join(words) for words in product(*(self._part(part, below) for part in parts))]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found = [a + b for a, b in product(self.texts(left, below), self.texts(right, below))]
            case ast.IfExp(body=body, orelse=other):
                found = self.texts(body, below) + self.texts(other, below)
            case ast.BoolOp(values=values):
                found = [text for value in values for text in self.texts(value, below)]
            case ast.Name(id=name) as read if name in self.values:
                found = [text for value in self._meant(read) for text in self.texts(value, below)]
        return found[:_MOST_VARIANTS]

    def _meant(self, name: ast.Name) -> list[ast.expr]:
        """List what a name may hold: where it is read once, any value; else the one assigned last before."""
        values = self.values[name.id]
        if self._reads[name.id] == 1:
            return values
        before = [value for value in values if value.lineno < name.lineno]
        return before[-1:] or values

    def _part(self, part: ast.expr, depth: int) -> list[str]:
        """List the texts of a part of an f-string: a choice among literals is told, all else is a gap."""
        if isinstance(part, ast.Constant):
            return [str(part.value)]
        value = part.value if isinstance(part, ast.FormattedValue) else part
        return self.texts(value, depth) if isinstance(value, ast.IfExp) else [_GAP]


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, _Function]]:
    module = _Function(ast.Module([each for each in tree.body if isinstance(each, ast.Assign)], []), {})
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    seen: set[int] = set()
    for function in reversed(functions):
        names = _Function(function, module.values)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and id(node) not in seen:
                seen.add(id(node))
                yield node, names
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in seen:
            yield node, module


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _argument(call: ast.Call, place: int, keyword: str) -> ast.expr | None:
    named = {each.arg: each.value for each in call.keywords}
    return named.get(keyword, call.args[place] if place < len(call.args) else None)


def _found(stage: str, call: ast.Call, names: _Function) -> Iterator[Message]:
    name = _name(call)
    if name in _FACTORIES:
        message_place, cure_place = _FACTORIES[name]
        keyword = "detail" if name == "HTTPException" else "message"
        cure = _argument(call, cure_place, "cure")
        default = "Correct the row" if name == "RowRule" else ""
        cures = [default] if cure is None else names.texts(cure)
        for text in names.texts(_argument(call, message_place, keyword)):
            yield Message(stage, " ".join(text.split()), " / ".join(dict.fromkeys(cures)))
    elif name.endswith(("Error", "Failed")) and name != "DialectError" and call.args:
        for text in names.texts(call.args[0]):
            yield Message(stage, " ".join(text.split()), "")


def messages() -> list[Message]:
    """List all messages of the stages that users meet, sorted, without those that are only a value."""
    found: set[Message] = set()
    for stage in STAGES:
        for file in sorted((ROOT / "analytics_platform" / stage).rglob("*.py")):
            for call, names in _calls(ast.parse(file.read_text("utf-8"))):
                found.update(_found(stage, call, names))
    return sorted(m for m in found if len(m.text.replace(_GAP, "").strip()) > len("reason"))


def cure_of(message: Message) -> str:
    """Return what to do; empty if the message tells it."""
    return message.cure or CURES.get(message.text, "")


def untold(found: Sequence[Message]) -> list[str]:
    """Return messages that leave the reader without a cure, and cures of messages that nobody says."""
    lost = [each.text for each in found if not cure_of(each) and not _TELLING.search(each.text)]
    return lost + sorted(set(CURES) - {each.text for each in found})


def document(found: Sequence[Message]) -> str:
    """Return the text of `docs/errors.md`."""
    lines = [
        "# Errors and their cures",
        "",
        "Made from the source by `python -m analytics_platform_tests.error_messages`; a test holds it up to",
        f"date. `{_GAP}` stands for a value: the file, the row, the column, what was found. Every refusal of",
        "a file also names file, sheet, row, column and value, in the terminal and in `report.txt` and",
        "`report.json` of its quarantine folder.",
    ]
    for stage, heading in STAGES.items():
        rows = [each for each in found if each.stage == stage]
        if rows:
            lines += ["", f"## {heading}", "", "| message | cure |", "|---|---|"]
            lines += [
                f"| {_cell(row.text)} | {_cell(cure_of(row)) or 'the message tells it'} |" for row in rows
            ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    DOCUMENT.write_text(document(messages()), "utf-8")
