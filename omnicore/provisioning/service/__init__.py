"""The business rules of provisioning, a file per use case."""
