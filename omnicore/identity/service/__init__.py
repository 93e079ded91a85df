"""What the business can do with users, roles and permissions.

``create_user``, ``set_password`` and ``seed`` are what the command line calls.
"""

from __future__ import annotations

from omnicore.identity.service.seeding import seed
from omnicore.identity.service.users import create_user, set_password

__all__ = ["create_user", "seed", "set_password"]
