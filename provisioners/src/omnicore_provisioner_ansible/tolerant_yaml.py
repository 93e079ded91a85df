"""YAML as plays are written in it, read without Ansible."""

from __future__ import annotations

from typing import Any

import yaml


class TolerantLoader(yaml.SafeLoader):
    """Takes ``!unsafe``, ``!vault`` and any other tag as a plain value."""


def _any_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


TolerantLoader.add_multi_constructor("!", _any_tag)
