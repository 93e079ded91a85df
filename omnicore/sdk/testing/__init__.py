"""Conformance suites, one per port, and helpers for the tests of plugin authors.

Importing a suite needs pytest; nothing else in the SDK imports this package.
"""
