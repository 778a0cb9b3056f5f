"""An OCI archive of an image without layers, as Podman would save it."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

_MEDIA = "application/vnd.oci.image"


def oci_archive(file: Path, name: str = "slim") -> str:
    """Write the archive; return the digest of its image."""
    blobs: dict[str, bytes] = {}

    def keep(content: object, kind: str) -> dict[str, object]:
        data = json.dumps(content).encode()
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"{_MEDIA}.{kind}.v1+json", "digest": f"sha256:{digest}", "size": len(data)}

    config = keep({"architecture": "amd64", "os": "linux", "author": name, "rootfs": {}}, "config")
    image = {"schemaVersion": 2, "mediaType": f"{_MEDIA}.manifest.v1+json", "config": config, "layers": []}
    described = keep(image, "manifest")
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [described]}).encode()
    with tarfile.open(file, "w") as archive:
        for path, content in blobs.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return str(described["digest"])
