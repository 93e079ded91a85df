"""Revisions of the core; read what a generator wrote before it lands."""
