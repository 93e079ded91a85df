"""Users, roles, permissions, log-in, tokens, API keys of the file, trusted addresses."""
