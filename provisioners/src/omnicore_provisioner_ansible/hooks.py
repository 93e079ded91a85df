"""What the core calls: one provisioner, one health check."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from omnicore.sdk.context import PluginContext
from omnicore.sdk.contributions import Health, HealthCheck, StarterFiles
from omnicore.sdk.hooks import hookimpl
from omnicore.sdk.ports.provisioning import Provisioner
from omnicore_provisioner_ansible.installed import choose_engine
from omnicore_provisioner_ansible.provisioner import AnsibleProvisioner


@hookimpl
def omnicore_provisioners(context: PluginContext) -> Iterable[Provisioner]:
    """The provisioner; its program half starts with the first run, not here."""
    settings = context.settings
    return [
        AnsibleProvisioner(
            plays_dir=plays_dir(context),
            work_dir=context.config_dir / settings.work_dir
            if settings.work_dir
            else context.data_dir / "jobs",
            engine=settings.engine,
            max_parallel=settings.max_parallel,
            logger=context.logger,
        )
    ]


@hookimpl
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    """Whether plays can be found and run, and with which engine."""

    def check() -> Health:
        folder = plays_dir(context)
        if not folder.is_dir():
            return Health(ok=False, detail=f"plays_dir: there is no folder {folder}")
        engine, why = choose_engine(context.settings.engine)
        return Health(ok=engine is not None, detail=why)

    return [HealthCheck("provisioner_ansible", check)]


@hookimpl
def omnicore_starter_files(context: PluginContext) -> Iterable[StarterFiles]:
    """The plays that come with this distribution, for the folder that the settings name."""
    target = Path(context.settings.plays_dir)
    source = shipped_plays()
    if source is None or target.is_absolute():
        return []
    return [StarterFiles(source=source, target=str(target))]


def shipped_plays() -> Path | None:
    """Where the plays are: beside the source tree, or among the installed data files."""
    beside = Path(__file__).resolve().parents[2] / "plays"
    installed = Path(sys.prefix) / "share" / "omnicore" / "plays"
    return next((folder for folder in (beside, installed) if folder.is_dir()), None)


def plays_dir(context: PluginContext) -> Path:
    """The plays folder; a relative one is relative to ``crm_config.yaml``."""
    folder: Path = context.config_dir / context.settings.plays_dir
    return folder
