"""Tests in the order of the package: unit, defs, integration; and the builders of data that ship."""
