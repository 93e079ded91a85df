"""Likely reasons, in plain words, for a run that failed outside its tasks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE: Sequence[tuple[str, str]] = (
    (r"YAML parsing failed|Syntax Error while loading YAML|could not parse YAML",
     "The play, or a file it includes, is not valid YAML: look at the line named above."),
    (r"could not be found|Could not find or access|Unable to retrieve file contents"
     r"|No such file or directory",
     "A file that the play names is not there: check its spelling, and that it lies beside the"
     " play."),
    (r"is undefined|has no attribute",
     "The play uses a variable that nobody has set: check the product's variables, the"
     " inventory chosen for the order, and the spelling."),
    (r"couldn't resolve module/action|no action detected in task"
     r"|No module named 'ansible_collections",
     "The play uses a module that is not installed: install its collection, or correct the name."),
    (r"is not a valid attribute for a|conflicting action statements|this task .* has extra params"
     r"|must be (?:specified as|stored as) a list|unexpected parameter type",
     "A keyword of the play is misspelt or stands in the wrong place."),
    (r"the role '.*' was not found", "The play uses a role that is not in its roles folder."),
    (r"template error|TemplateSyntaxError|Syntax error in (?:template|expression)",
     "An expression between {{ and }} is not valid Jinja."),
    (r"Could not load|could not locate|lookup plugin .* not found|No filter named",
     "The play uses a filter or lookup that is not installed: install its collection."),
    (r"vault", "The play holds vault-encrypted values, and no vault password is given to jobs."),
    (r"MemoryError|Cannot allocate memory", "The machine ran out of memory."),
    (r"No space left on device", "The disk that holds the workspaces is full."),
)  # fmt: skip


def likely(stdout: str, stderr: str) -> list[str]:
    """The sentences whose pattern is in what the run printed; one that admits it if none is."""
    text = f"{stderr}\n{stdout}"
    found = [cause for pattern, cause in _TABLE if re.search(pattern, text, re.IGNORECASE)]
    return found or ["No known cause fits: read the output of the run."]
