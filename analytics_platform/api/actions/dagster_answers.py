"""The questions put to Dagster in GraphQL, and the shapes of its answers. Nothing is sent here."""

from pydantic import Field

from analytics_platform.api.actions.dagster_graphql import Data

LOCATIONS = """
query Locations {
  repositoriesOrError {
    ... on RepositoryConnection {
      nodes {
        name
        location { name }
        jobs { name }
        assetNodes { assetKey { path } isMaterializable isPartitioned }
      }
    }
  }
}
"""

PARTITIONS = """
query Partitions($key: [AssetKeyInput!]!) { assetNodes(assetKeys: $key) { partitionKeys } }
"""

TOGETHER = """
query Together($keys: [AssetKeyInput!]!) { assetNodeAdditionalRequiredKeys(assetKeys: $keys) { path } }
"""

LAUNCH = """
mutation Launch($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}
"""

RUNS = """
query Runs($filter: RunsFilter!, $limit: Int!) {
  runsOrError(filter: $filter, limit: $limit) {
    ... on Runs { results { runId status parentRunId tags { key value } } }
    ... on Error { message }
  }
}
"""

TERMINATE = """
mutation Terminate($run: String!) {
  terminateRun(runId: $run, terminatePolicy: SAFE_TERMINATE) {
    __typename
    ... on TerminateRunFailure { message }
    ... on Error { message }
  }
}
"""

EVENTS = """
query Events($run: ID!, $cursor: String) {
  logsForRun(runId: $run, afterCursor: $cursor, limit: 1000) {
    ... on EventConnection {
      cursor
      hasMore
      events {
        __typename
        ... on ExecutionStepFailureEvent { stepKey error { message causes { message } } }
        ... on RunFailureEvent { message error { message causes { message } } }
      }
    }
  }
}
"""


class AssetKeyTold(Data):
    """Key of an asset."""

    path: list[str]

    @property
    def text(self) -> str:
        """The key as people write it."""
        return "/".join(self.path)


class AssetTold(Data):
    """One asset."""

    assetKey: AssetKeyTold  # noqa: N815 - the name that GraphQL gives it
    isMaterializable: bool  # noqa: N815
    isPartitioned: bool  # noqa: N815


class Named(Data):
    """Something that has a name."""

    name: str


class RepositoryTold(Data):
    """A repository of a code location."""

    name: str
    location: Named
    jobs: list[Named]
    assetNodes: list[AssetTold]  # noqa: N815


class RepositoriesTold(Data):
    """The repositories; none if Dagster could not list them."""

    nodes: tuple[RepositoryTold, ...] = ()


class Locations(Data):
    """Answer to `LOCATIONS`."""

    repositoriesOrError: RepositoriesTold  # noqa: N815


class PartitionsTold(Data):
    """The partitions of an asset."""

    partitionKeys: list[str]  # noqa: N815


class Partitions(Data):
    """Answer to `PARTITIONS`."""

    assetNodes: list[PartitionsTold]  # noqa: N815


class Together(Data):
    """Answer to `TOGETHER`."""

    assetNodeAdditionalRequiredKeys: list[AssetKeyTold]  # noqa: N815


class RunIdTold(Data):
    """The id of a run."""

    runId: str  # noqa: N815


class LaunchTold(Data):
    """What became of a launch."""

    typename: str = Field(alias="__typename")
    run: RunIdTold | None = None
    message: str | None = None


class Launched(Data):
    """Answer to `LAUNCH`."""

    launchRun: LaunchTold  # noqa: N815


class TagTold(Data):
    """One tag."""

    key: str
    value: str


class RunTold(Data):
    """One run."""

    runId: str  # noqa: N815
    status: str
    parentRunId: str | None = None  # noqa: N815
    tags: list[TagTold]


class RunsOrErrorTold(Data):
    """Runs, or why there are none."""

    results: list[RunTold] | None = None
    message: str | None = None


class RunsTold(Data):
    """Answer to `RUNS`."""

    runsOrError: RunsOrErrorTold  # noqa: N815


class TerminationTold(Data):
    """What became of a termination."""

    typename: str = Field(alias="__typename")
    message: str | None = None


class Terminated(Data):
    """Answer to `TERMINATE`."""

    terminateRun: TerminationTold  # noqa: N815


class MessageTold(Data):
    """A message."""

    message: str


class ErrorTold(MessageTold):
    """An error and those that caused it, the innermost last."""

    causes: tuple[MessageTold, ...] = ()

    @property
    def root(self) -> str:
        """Message of the innermost cause."""
        return self.causes[-1].message if self.causes else self.message


class EventTold(Data):
    """One event of a run."""

    typename: str = Field(alias="__typename")
    stepKey: str | None = None  # noqa: N815
    message: str | None = None
    error: ErrorTold | None = None


class EventsTold(Data):
    """Some events of a run."""

    cursor: str | None = None
    hasMore: bool = False  # noqa: N815
    events: tuple[EventTold, ...] = ()


class Events(Data):
    """Answer to `EVENTS`."""

    logsForRun: EventsTold  # noqa: N815
