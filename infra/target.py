"""What a deployment names, as JSON: ``python -m infra.target dev [release.json]``; synthesises nothing."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.configuration import BUCKETS, Configuration, ConfigurationError, configuration
from infra.release import UNBUILT, Release, ReleaseError, read_release


def target(config: Configuration, release: Release) -> dict[str, object]:
    """Return where a release goes, and what must be there before."""
    return {
        "account": config.account,
        "region": config.region,
        "prefix": config.prefix,
        "storage_stack": config.named("storage"),
        "buckets": [config.bucket(each) for each in BUCKETS],
        "archives_bucket": config.bucket("archives"),
        "archives": [
            f"archives/{kind}-{digest[:16]}.tar.gz"
            for kind, digest in (
                ("environment", release.environment_archive),
                ("code", release.code_archive),
            )
        ],
        "repository": config.named("slim"),
        "image": release.slim_image,
        "version": release.version,
        "is_built": release.is_built,
    }


def main(arguments: Sequence[str]) -> int:
    """Print it, or the place as the CDK names it; 2 and one line if environment or release cannot be used."""
    try:
        if arguments[1:] == ["--place"]:
            config = configuration(arguments[0])
            print(f"aws://{config.account}/{config.region}")  # noqa: T201 - read by a program
            return 0
        release = read_release(Path(arguments[1])) if len(arguments) > 1 else UNBUILT
        print(json.dumps(target(configuration(arguments[0]), release)))  # noqa: T201 - read by a program
    except (ConfigurationError, ReleaseError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
