"""What a plugin implements: one abstract class for each kind of outside system.

Rules that hold for all of them:

* Objects are built in a hook and live as long as the process; building does no I/O.
* Methods are called from worker and web threads at the same time, never inside a write
  transaction of the core, and always under a time limit of the core's own. Keep your own
  time-outs below it.
* Failures of the outside system are raised as ``PortError`` (``PortTimeout`` when what
  happened is unknown, ``PortRefused`` when it said no). Anything else that escapes counts
  as a bug of the plugin.
"""
