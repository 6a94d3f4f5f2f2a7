"""Pages on the bundled workloads: what each is like, how it was made, how a design fares on it.

`python -m experiments.workloads` writes `docs/workloads`: a page with a picture for each, and an
index that compares them, and open- with closed-loop replay on three of them.
"""
