"""What every request passes: authentication, the gate, errors, paging, idempotency, docs, push."""
