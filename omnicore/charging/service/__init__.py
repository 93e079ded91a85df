"""What the business asks of the charging system, a module per matter.

These functions call a port, so they take the runtime and open their own units of work: none
may be open while the charging system is asked.
"""
