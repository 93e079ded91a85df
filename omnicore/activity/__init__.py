"""The activity log: one writer, append-only, chained by hash."""
