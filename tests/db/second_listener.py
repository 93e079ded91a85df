"""The hooks of the second listening plugin; a module registers once."""

from tests.db.listener import omnicore_subscriptions as omnicore_subscriptions
