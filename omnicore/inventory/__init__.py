"""What is kept in stock, held for orders, given to customers and taken back."""
