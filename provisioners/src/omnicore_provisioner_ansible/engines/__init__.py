"""The two ways to run one play; both tell the same events."""
