"""OmniCore's Ansible provisioner: a plugin half that talks, a program half that runs plays."""
