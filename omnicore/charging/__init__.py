"""What the charging system says of services: balances, renewals, native calls."""
