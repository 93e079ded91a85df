"""What customers have: services, each the pointer to an account of the charging system."""
