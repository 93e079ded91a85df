"""What ships is complete: each play is there, can run, and says what it does."""

from __future__ import annotations

import pytest
from doubles.stage import PLAYS
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner

SHIPPED = {
    "play_simple_service": "Simple Provisioning Play",
    "play_psim_only": "OmniCore Service Provisioning 2024",
    "play_local_mobile_sim": "Mobile SIM Provisioning",
    "play_topup_no_charge": "Topup without charge",
    "play_topup_hotspot": "Top up hotspot service",
    "play_prov_cpe_mikrotik": "MikroTik CPE Provisioning",
    "play_seniors_package": "Seniors Package",
    "play_addon_assign_modem": "Rental Modem Addon",
}


def test_every_play_is_listed_and_can_run(provisioner: AnsibleProvisioner) -> None:
    found = {p.name: p for p in provisioner.plays()}
    assert {name: p.description for name, p in found.items()} == SHIPPED
    assert not [p.problem for p in found.values() if p.problem]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_header_of_a_play_says_what_it_reads_makes_and_undoes(name: str) -> None:
    head = (PLAYS / f"{name}.yaml").read_text().partition("\n- name:")[0]
    assert head.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert all(f"\n# {word}" in head for word in ("Reads", "Creates", "Undoes"))


def test_no_play_names_a_server_or_leaves_a_call_unbounded() -> None:
    for file in PLAYS.glob("*.yaml"):
        text = file.read_text()
        assert "localhost:5000" not in text, file.name
        if file.name.startswith("play_"):
            assert "ansible.builtin.uri: {timeout: 20, body_format: json}" in text, file.name
