"""Measures the hub beside its peers, in one run on one machine: `make bench`, or `python -m benchmarks --quick`.

Each server has one core to itself, the load generator the other. See docs/benchmarks.md.
"""
