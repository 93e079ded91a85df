"""Messages to people: written, kept, sent through whatever channel there is."""
