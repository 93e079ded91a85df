"""E-mail of OmniCore over SMTP."""
