"""Who is served: customers with contacts, sites, attributes and tags."""
