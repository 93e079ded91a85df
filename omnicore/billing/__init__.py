"""What customers owe: transactions."""
