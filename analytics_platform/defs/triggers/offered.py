"""What can be asked for: jobs, assets and sessions that there are. A run for another would break a tick."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from analytics_platform.defs.automation import JOBS
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR
from analytics_platform.defs.triggers.messages import InvalidRequestError, MaterializeRequest

_SHOWN = 5


@dataclass(frozen=True)
class Offered:
    """What a repository can run.

    Attributes
    ----------
    graph : AssetGraph
        Its assets.
    sessions : tuple of str
        Its partitions in order.
    """

    graph: AssetGraph
    sessions: tuple[str, ...]

    @classmethod
    def by(cls, repository: dg.RepositoryDefinition) -> "Offered":
        """Return what a repository offers now."""
        return cls(repository.asset_graph, tuple(BUSINESS_DAYS.get_partition_keys()))

    def check(self, request: MaterializeRequest) -> None:
        """Refuse what cannot be run.

        Raises
        ------
        InvalidRequestError
            If it cannot; it names what is wrong and what there is.
        """
        faults = [
            *self._of_job(request.job),
            *self._of_assets(request.assets or ()),
            *self._of_range(request),
        ]
        if faults:
            message = "; ".join(faults)
            raise InvalidRequestError(message)

    def _of_job(self, job: str | None) -> list[str]:
        names = sorted(each.name for each in JOBS)
        return (
            [] if job is None or job in names else [f"job: there is no {job!r}; there are {', '.join(names)}"]
        )

    def _of_assets(self, assets: Sequence[str]) -> list[str]:
        there = {key.to_user_string(): key for key in self.graph.materializable_asset_keys}
        faults = [_unknown(asset, sorted(there)) for asset in sorted(set(assets)) if asset not in there]
        if faults:
            return faults[:_SHOWN]
        asked = {there[asset] for asset in assets}
        needed = {key for asset in asked for key in self.graph.get(asset).execution_set_asset_keys} - asked
        if not needed:
            return []
        names = ", ".join(sorted(key.to_user_string() for key in needed))
        return [f"assets: these are computed together with others; name also {names}"]

    def _of_range(self, request: MaterializeRequest) -> list[str]:
        faults = []
        for name in ("first_session", "last_session"):
            session = getattr(request, name).isoformat()
            if session not in self.sessions:
                first, last = self.sessions[0], self.sessions[-1]
                faults.append(
                    f"{name}: {session} is no session of {CALENDAR.name} that has ended; "
                    f"there are those from {first} to {last}"
                )
        return faults


def _unknown(asset: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(asset, names, n=1)
    hint = f"did you mean {close[0]}?" if close else "names are such as lake/prices"
    return f"assets: there is no {asset!r} that can be computed; {hint}"
