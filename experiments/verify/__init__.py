"""The long checks of the native simulator, and of studies that are killed: `make verify`.

Those of the simulator draw their cases from a seed and the case's number, so that any of them can
be repeated alone, and a run that was stopped can go on where it was.
"""
