"""Routes of the identity room: the caller's own session, users, roles and permissions."""

from __future__ import annotations

from omnicore.identity.routes import roles, sessions, users

BLUEPRINTS = [sessions.blp, users.blp, roles.blp]
