"""Datasets: logged evaluations of many trials, with what it takes to understand them.

A dataset is a folder in the layout of Hugging Face: `README.md`, the card; `data/*.parquet`, rows
with the columns of the log (see `archgym.evaluation_log`); and `dataset.json`: schema version, the
spaces and workloads that the rows name, where the rows come from, and the SHA-256 of the files in
`data`. It carries its own digest (see `archgym.digest`).
"""

from archgym.datasets.collection import SCHEMA_VERSION, Dataset
from archgym.datasets.export import to_csv, to_folder
from archgym.datasets.merging import merge, split
from archgym.datasets.offline_rl import to_minari
from archgym.datasets.reading import load

__all__ = [
    "SCHEMA_VERSION",
    "Dataset",
    "load",
    "merge",
    "split",
    "to_csv",
    "to_folder",
    "to_minari",
]
