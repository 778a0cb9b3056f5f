"""Running dbt inside the process of the run: one start, the manifest ready, every node an event."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import AssetCheckEvaluation
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from analytics_platform.defs.dbt_breaks import broken_tests, first_breaks, with_breaks
from analytics_platform.defs.resources import WarehouseResource
from analytics_platform.settings import settings

WAREHOUSE_POOL = "warehouse"
"""Steps that open the warehouse, one at a time over all runs: DuckDB lets nobody read while one writes."""

DbtEvent = (
    dg.Output[Any]
    | dg.AssetMaterialization
    | dg.AssetObservation
    | dg.AssetCheckResult
    | AssetCheckEvaluation
)


class StageTranslator(DagsterDbtTranslator):
    """Name assets ``[stage, model]`` and group them by stage."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return ``[schema, model]`` for models, ``[source, table]`` for sources."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the stage."""
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - one team
        """Return the team that answers for the SQL."""
        return ["team:analytics-engineering"]


def manifest_path() -> Path:
    """Return the parsed dbt project.

    Raises
    ------
    FileNotFoundError
        If the project was not parsed; says how to.
    """
    path = settings().dbt_target / "manifest.json"
    if not path.exists():
        message = f"{path} is missing: the dbt project is not parsed; run `analytics dbt-manifest`"
        raise FileNotFoundError(message)
    return path


def parse_project(project: Path, target: Path, engine: str = "local") -> None:
    """Parse the dbt project once, so that no import and no run has to.

    Parameters
    ----------
    project, target : Path
        Folders of the project and of its parsed form.
    engine : str
        Target of the dbt profile: it decides macros and the database in every name.

    Raises
    ------
    RuntimeError
        If dbt finds the project at fault; its own message is on standard output.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - one second that only a run has to pay

    result = dbtRunner().invoke(["parse", "--target", engine, *_folders(project, target), "--quiet"])
    if not result.success:
        message = f"dbt could not parse {project}"
        raise RuntimeError(message) from result.exception


class DbtProjectRunner(dg.ConfigurableResource[None]):
    """Builds dbt nodes in process and turns their results into Dagster events.

    Attributes
    ----------
    project, target : str
        Folders of the dbt project and of its parsed form.
    warehouse : WarehouseResource
        What dbt builds.
    """

    project: str
    target: str
    warehouse: WarehouseResource

    def build(
        self, context: dg.AssetExecutionContext, sessions: tuple[date, date] | None = None
    ) -> Iterator[DbtEvent]:
        """Run models and data tests that the run selects.

        Raises
        ------
        dg.Failure
            If a model or a data test fails; names the nodes, their messages, and the first rows that break
            a test.
        """
        self.warehouse.see_lake()
        selected = get_updated_cli_invocation_params_for_context(context, {}, StageTranslator())
        events, result = self._invoke(list(selected.selection_args), self._vars(context.run_id, sessions))
        broken = broken_tests(result.result.results if result.result else ())
        breaks = first_breaks(self.warehouse.open(), broken)
        for event in events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            node = event["data"]["node_info"]["unique_id"]
            for told in message.to_default_asset_events(
                manifest=selected.manifest,
                dagster_dbt_translator=selected.dagster_dbt_translator,
                context=context,
            ):
                if node in breaks and isinstance(told, dg.AssetCheckResult):
                    yield with_breaks(told, breaks[node])
                else:
                    yield told
        failures = _failures(result, breaks)
        if failures:
            raise dg.Failure(description="; ".join(failures))

    def _vars(self, run_id: str, sessions: tuple[date, date] | None) -> dict[str, str]:
        window = (
            {}
            if sessions is None
            else {"first_session": sessions[0].isoformat(), "last_session": sessions[1].isoformat()}
        )
        return {**self.warehouse.dbt_variables(run_id), **window}

    def _invoke(self, selection: list[str], variables: Mapping[str, str]) -> tuple[list[dict[str, Any]], Any]:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - as above
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - as above
        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - as above

        events: list[dict[str, Any]] = []

        def keep(event: Any) -> None:  # noqa: ANN401 - dbt publishes no type for its events
            if event.info.name in {"LogModelResult", "LogTestResult"}:
                events.append(MessageToDict(event, preserving_proto_field_name=True))

        target = Path(self.target)
        manifest = Manifest.from_msgpack((target / "partial_parse.msgpack").read_bytes())
        arguments = ["--vars", json.dumps(variables), "--exclude-resource-type", "unit_test"]
        try:
            result = dbtRunner(manifest=manifest, callbacks=[keep]).invoke(
                [
                    "build",
                    *("--target", self.warehouse.dbt_target),
                    *_folders(Path(self.project), target),
                    *arguments,
                    *selection,
                    "--quiet",
                ]
            )
        finally:
            self.warehouse.let_go()
        return events, result


def _folders(project: Path, target: Path) -> list[str]:
    folders = {"--project-dir": project, "--profiles-dir": project, "--target-path": target}
    return [word for flag, folder in folders.items() for word in (flag, str(folder))] + [
        "--log-level-file",
        "none",
    ]


def _failures(result: Any, breaks: Mapping[str, str]) -> list[str]:  # noqa: ANN401 - dbt publishes no type for its results
    if result.exception is not None and result.result is None:
        return [f"dbt: {result.exception}"]
    return [
        breaks.get(node.node.unique_id, f"{node.node.name}: {node.message}")
        for node in result.result.results
        if node.status in {"error", "fail", "runtime error"}
    ]
