"""Statistics, plots and the report of a study."""

from archgym.analysis.remarks import default_design
from archgym.analysis.report import write_report
from archgym.analysis.results import Results
from archgym.analysis.table import records, rich_table, summary

__all__ = ["Results", "default_design", "records", "rich_table", "summary", "write_report"]
