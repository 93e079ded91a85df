"""A small charging server that stands where ``cgr-engine`` would stand."""
