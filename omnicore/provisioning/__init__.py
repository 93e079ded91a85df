"""From an order to a configured network: jobs, their events, and what is undone when one fails."""
