"""All that a plugin may import from OmniCore, and all that is public.

The SDK has a version of its own; a plugin's manifest names a range of it.
"""

from omnicore.sdk.hooks import PROJECT, hookimpl

SDK_VERSION = "1.0.0"

__all__ = ["PROJECT", "SDK_VERSION", "hookimpl"]
