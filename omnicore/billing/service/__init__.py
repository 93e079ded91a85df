"""What the business can do with money that is owed, a module per matter."""
