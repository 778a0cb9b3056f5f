"""What SQLMesh reads the dbt project by; dbt does not read this file."""  # noqa: INP001 - SQLMesh wants it here

from pathlib import Path

from sqlmesh.core.config import ModelDefaultsConfig
from sqlmesh.dbt.loader import sqlmesh_config

config = sqlmesh_config(
    Path(__file__).parent,
    cache_dir="target/sqlmesh",
    disable_anonymized_analytics=True,
    model_defaults=ModelDefaultsConfig(start="2000-01-01"),
)
