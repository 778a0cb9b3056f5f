"""Benchmark `ticks`: what a tick of the sensor on the landing zone costs, by queue and by listing."""

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import boto3
import dagster as dg
import pytest
from dagster_aws.s3.sensor import get_objects

from analytics_platform.defs.ingestion.landing_sensor import landing_sensor
from analytics_platform.defs.ingestion.listing_place import ListingPlace
from analytics_platform.defs.resources import IntakeResource, intake_resource
from analytics_platform.local_aws.server import REGION, environment, running_server
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.orchestration.installed_on_aws import record
from benchmarks.result import Measured, Result, share_of_peer, without_peer

_OBJECTS, _QUICK_OBJECTS = 20_000, 400
_MESSAGES, _QUICK_MESSAGES = (100, 10_000), (20, 200)
_ROUNDS = 3
_PUTTERS = 8
_NEVER = 10**6
_BUCKET, _PREFIX = "ticks-landing", "landing"
_ENTRIES = 10


def _serve(ready: Connection) -> None:
    """Serve the emulation until the process is ended."""
    with running_server() as endpoint:
        ready.send(endpoint)
        ready.recv()


@contextmanager
def _cloud() -> Iterator[None]:
    """Emulate AWS in a process of its own, so that its work is not taken for the sensor's."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(there,))
    server.start()
    try:
        with pytest.MonkeyPatch.context() as variables:
            for name, value in environment(here.recv()).items():
                variables.setenv(name, value)
            yield
    finally:
        here.send(None)
        server.join()


def _keys(count: int) -> list[str]:
    return [f"prices/v{number:05}_2013-03-01.csv" for number in range(count)]


def _fill(count: int) -> None:
    """Make a versioned bucket with so many objects."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def put(key: str) -> None:
        s3.put_object(Bucket=_BUCKET, Key=f"{_PREFIX}/{key}", Body=b"x\n")

    with ThreadPoolExecutor(_PUTTERS) as putters:
        list(putters.map(put, _keys(count)))


@dataclass
class _Zone:
    """An installation with an empty ledger, and the queue of its uploads."""

    intake: IntakeResource
    instance: dg.DagsterInstance
    queue: str
    cursor: str | None

    def tell(self, keys: Sequence[str]) -> None:
        """Put a message into the queue for each key, as S3 does."""
        sqs = boto3.client("sqs")
        bodies = [json.dumps({"Records": [record(_BUCKET, f"{_PREFIX}/{key}")]}) for key in keys]
        batches = [bodies[start : start + _ENTRIES] for start in range(0, len(bodies), _ENTRIES)]

        def send(batch: Sequence[str]) -> None:
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

        with ThreadPoolExecutor(_PUTTERS) as senders:
            list(senders.map(send, batches))

    def tick(self, queue: str | None, *, listing_minutes: int = _NEVER) -> tuple[float, float, int]:
        """Let the sensor tick; return wall and CPU seconds, and how many runs it asks for."""
        sensor = landing_sensor(queue, listing_minutes=listing_minutes, interval_seconds=30)
        given = {"intake": self.intake}
        with dg.build_sensor_context(self.instance, cursor=self.cursor, resources=given) as context:
            wall, cpu = time.perf_counter(), time.process_time()
            data = sensor.evaluate_tick(context)
            spent = time.perf_counter() - wall, time.process_time() - cpu
        self.cursor = data.cursor
        return *spent, len(data.run_requests or [])


@contextmanager
def _zone() -> Iterator[_Zone]:
    """Make an installation that has just listed its landing zone."""
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        home = Path(folder)
        of = Settings(home=home, sources=home, landing_url=f"s3://{_BUCKET}/{_PREFIX}")
        queue = boto3.client("sqs").create_queue(QueueName=home.name)["QueueUrl"]
        yield _Zone(intake_resource(of), instance, queue, ListingPlace(listed_at=time.time()).cursor)


def _least(ticks: Sequence[tuple[float, float]]) -> tuple[float, float]:
    walls, cpus = zip(*ticks, strict=True)
    return min(walls), min(cpus)


def _peer() -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    get_objects(bucket=_BUCKET, prefix=_PREFIX)
    return time.perf_counter() - wall, time.process_time() - cpu


def _drained(count: int) -> tuple[float, float, int, int]:
    """Follow so many messages to the end; return wall and CPU seconds, ticks and runs asked for."""
    with _zone() as zone:
        zone.tell(_keys(count))
        wall = cpu = 0.0
        ticks = runs = 0
        while runs == 0:
            spent = zone.tick(zone.queue)
            wall, cpu, ticks, runs = wall + spent[0], cpu + spent[1], ticks + 1, runs + spent[2]
        known = len(zone.intake.watch().ledger.entries())
    if known != count:
        message = f"{count} messages were followed and the ledger knows {known} files"
        raise RuntimeError(message)
    return wall, cpu, ticks, runs


def measure(*, is_quick: bool) -> Measured:
    """Tick with an empty queue and with many messages, beside the listing of the whole zone."""
    n_objects = _QUICK_OBJECTS if is_quick else _OBJECTS
    with _cloud():
        _fill(n_objects)
        with _zone() as zone:
            zone.tick(zone.queue)
            # In turns, so that a busy machine disturbs both alike.
            turns = [(zone.tick(zone.queue)[:2], _peer()) for _ in range(_ROUNDS)]
        idle, listing = _least([ours for ours, _ in turns]), _least([peer for _, peer in turns])
        results = [
            Result("tick, no message: wall", idle[0], "get_objects", listing[0], "s"),
            Result("tick, no message: CPU", idle[1], "get_objects", listing[1], "s", share_of_peer(0.5)),
        ]
        notes = []
        for count in _QUICK_MESSAGES if is_quick else _MESSAGES:
            wall, cpu, ticks, runs = _drained(count)
            told = f"{count:,} messages: until the runs are asked for"
            results += [
                Result(f"{told}: wall", wall, "get_objects, once", listing[0], "s"),
                without_peer(f"{told}: CPU", 1000.0 * cpu / count, "ms a message"),
            ]
            notes.append(f"{count:,} messages took {ticks} ticks and became {runs} runs.")
    return Measured(
        tuple(results),
        (
            (
                f"A versioned bucket with {n_objects:,} objects in emulated S3, a process of its own. "
                "Ours is a whole tick of the sensor with queue and ledger, no listing being due; the peer, "
                "`dagster_aws.s3.sensor.get_objects`, lists the bucket once and does nothing with what it "
                "finds. The wall time of a tick without messages holds the second that SQS is asked to wait. "
                f"The least of {_ROUNDS} rounds; messages once, each of another file that is written into an "
                "empty ledger. " + " ".join(notes)
            ),
        ),
    )
