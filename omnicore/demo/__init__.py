"""The data of ``omnicore demo``: an operator with customers, products, stock and history."""
