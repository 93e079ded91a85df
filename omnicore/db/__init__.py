"""Engine, unit of work, column types, outbox and migrations."""
