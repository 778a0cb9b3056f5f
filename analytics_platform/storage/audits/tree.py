"""Audit: the portfolios of all sources, with a new snapshot in place of an old one, are one tree."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.tables.reference import PORTFOLIOS

_COLUMNS = ["portfolio_id", "parent_portfolio_id", "row_number"]


@dataclass(frozen=True)
class _Node:
    """A portfolio, its parent, and where it stands: the row of this file, or the file of another source."""

    parent: str | None
    row: int | None
    file: str


def broken_tree(staged: Staged, lake: Lake) -> list[Finding]:
    """Find unknown parents, circles and a second top; none for a delivery of other tables.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        Portfolios of other sources, which count too.
    """
    if staged.table.name != PORTFOLIOS.name:
        return []
    nodes = _nodes(staged, lake)
    return [*_unknown_parents(staged, nodes), *_circles(staged, nodes), *_tops(staged, nodes)]


def _nodes(staged: Staged, lake: Lake) -> dict[str, _Node]:
    others = (
        lake.scan(PORTFOLIOS, columns=[*_COLUMNS, "source", "delivery_id"])
        .filter(pl.col("source") != staged.delivery.source)
        .collect()
    )
    nodes = {
        name: _Node(parent, None, staged.uri(delivery)) for name, parent, _, _, delivery in others.iter_rows()
    }
    own = staged.scan().select(_COLUMNS).collect()
    return nodes | {name: _Node(parent, row, staged.name) for name, parent, row in own.iter_rows()}


def _unknown_parents(staged: Staged, nodes: Mapping[str, _Node]) -> list[Finding]:
    return [
        Finding(
            file=staged.name,
            row=node.row,
            column="parent_portfolio_id",
            value=node.parent,
            message=f"no portfolio is called so, and portfolio '{name}' of {node.file} hangs below it",
            cure="Deliver the parent in the same file, or its source first; leave the cell empty at the top",
        )
        for name, node in nodes.items()
        if node.parent is not None and node.parent not in nodes
    ]


def _circles(staged: Staged, nodes: Mapping[str, _Node]) -> list[Finding]:
    found = []
    done: set[str] = set()
    for start in sorted(nodes):
        path: list[str] = []
        name: str | None = start
        while name is not None and name in nodes and name not in done and name not in path:
            path.append(name)
            name = nodes[name].parent
        if name in path:
            circle = [*path[path.index(name) :], name]
            found.append(
                Finding(
                    file=staged.name,
                    row=nodes[name].row,
                    column="parent_portfolio_id",
                    value=nodes[name].parent,
                    message=f"these portfolios hang below themselves: {' below '.join(circle)}",
                    cure="Correct the parent of one of them; the top of the tree has none",
                )
            )
        done.update(path)
    return found


def _tops(staged: Staged, nodes: Mapping[str, _Node]) -> list[Finding]:
    tops = {name: node for name, node in sorted(nodes.items()) if node.parent is None}
    if len(tops) <= 1:
        return []
    own = [node.row for node in tops.values() if node.row is not None]
    return [
        Finding(
            file=staged.name,
            row=max(own, default=None),
            column="parent_portfolio_id",
            message=f"the tree has {len(tops)} tops: {', '.join(tops)}",
            cure="Name a parent for all of them but one, or add one portfolio above them all",
        )
    ]
