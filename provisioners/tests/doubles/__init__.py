"""Systems beside a play, as real HTTP servers on free ports of 127.0.0.1."""
