"""What is sold: products, their prices, audiences, windows and dependencies."""
