"""Background and scheduled work: rows first, messages second."""
