"""Routes of the customers room, a module for each kind of thing."""

from omnicore.customers.routes import attributes, contacts, customers, sites, tags

BLUEPRINTS = [customers.blp, contacts.blp, sites.blp, attributes.blp, tags.blp]
