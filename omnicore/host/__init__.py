"""Finds, enables, orders, checks and isolates plugins; the one caller of pluggy."""
