"""The ``omnicore`` command."""
