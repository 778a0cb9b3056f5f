"""Stands in for skopeo, which is not everywhere: puts the manifest of an OCI archive into emulated AWS.

It refuses other arguments than skopeo has for this, and a login that the registry did not give.
"""

import json
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import boto3


def main(arguments: Sequence[str]) -> str | None:
    """Copy an image; return why not."""
    *options, authfile, source, target = arguments
    if options != ["copy", "--preserve-digests", "--dest-authfile"]:
        return f"unknown arguments {options}"
    place, tag = target.removeprefix("docker://").rsplit(":", 1)
    registry, repository = place.split("/", 1)
    ecr = boto3.client("ecr")
    (known,) = ecr.get_authorization_token()["authorizationData"]
    if (
        json.loads(Path(authfile).read_text("utf-8"))["auths"][registry]["auth"]
        != known["authorizationToken"]
    ):
        return "unauthorized"
    with tarfile.open(source.removeprefix("oci-archive:")) as archive:
        files = {entry.name: opened.read() for entry in archive if (opened := archive.extractfile(entry))}
    digest = json.loads(files["index.json"])["manifests"][0]["digest"]
    manifest = files[f"blobs/{digest.replace(':', '/')}"].decode()
    ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag, imageDigest=digest)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
