"""What is DRAM about the gym: systems, traces, metrics, spaces and device data."""
