"""What is said of plays without running them."""

from __future__ import annotations

from pathlib import Path

import pytest
from omnicore_provisioner_ansible.catalogue import Catalogue

BLOCKS = """\
- name: Blocks
  hosts: localhost
  pre_tasks:
    - debug: {msg: 1}
  tasks:
    - block:
        - debug: {msg: 2}
        - block:
            - debug: {msg: 3}
      rescue:
        - debug: {msg: not on the main path}
      always:
        - debug: {msg: 4}
    - include_tasks: task_more.yaml
    - meta: flush_handlers
  post_tasks:
    - debug: {msg: !unsafe "{{ 5 }}"}
  handlers:
    - debug: {msg: not on the main path}
- hosts: localhost
  vars: {secret: !vault "$ANSIBLE_VAULT;1.1;AES256"}
  tasks:
    - debug: {msg: 6}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty plays folder inside another one."""
    (tmp_path / "plays").mkdir()
    return tmp_path / "plays"


def test_tasks_of_the_main_path_are_counted(folder: Path) -> None:
    (folder / "play_blocks.yaml").write_text(BLOCKS)
    info = Catalogue(folder).inspect("play_blocks")
    assert (info.description, info.task_count, info.problem) == ("Blocks", 7, "")


def test_a_changed_play_is_read_again(folder: Path) -> None:
    play = folder / "play_a.yml"
    play.write_text("- {name: Old, hosts: localhost}")
    catalogue = Catalogue(folder)
    assert catalogue.inspect("play_a").description == "Old"
    play.write_text("- {name: Newer, hosts: localhost}")
    assert catalogue.inspect("play_a").description == "Newer"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- name: x\n  hosts: [localhost\n", "line 3, column 1"),
        ("\t- name: x", "line 1, column 1"),
        ("", "it has to be a list of plays"),
        ("name: x", "it has to be a list of plays"),
        ("- debug: {msg: a task file}", "entry 1 has no hosts"),
        ("- just text", "entry 1 has to be a mapping"),
        ("a: \x00", "not YAML"),
    ],
)
def test_a_problem_says_what_is_wrong_and_where(folder: Path, text: str, problem: str) -> None:
    (folder / "play_bad.yaml").write_text(text)
    assert problem in Catalogue(folder).inspect("play_bad").problem


def test_a_link_out_of_the_folder_is_a_problem(folder: Path) -> None:
    outside = folder.parent / "outside.yaml"
    outside.write_text("- {name: Outside, hosts: localhost}")
    (folder / "play_link.yaml").symlink_to(outside)
    assert "leaves the plays folder" in Catalogue(folder).inspect("play_link").problem


def test_task_files_are_not_listed_and_broken_plays_are(folder: Path) -> None:
    (folder / "task_a.yaml").write_text("- debug: {msg: x}")
    (folder / "play_b.yaml").write_text("[")
    (folder / "anything.yaml").write_text("- {name: Good, hosts: all}")
    assert Catalogue(folder).names() == ["anything", "play_b"]
    assert Catalogue(folder / "not there").names() == []
