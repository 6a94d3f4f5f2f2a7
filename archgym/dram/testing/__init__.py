"""What tests of DRAM simulators and of trace formats draw their input from."""
