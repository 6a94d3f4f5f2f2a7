"""The commands that concern DRAM: `simulate`, `validate` and `trace`."""
