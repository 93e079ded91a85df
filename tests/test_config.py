"""``crm_config.yaml``: what is read, what is refused and how clearly it is said."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from omnicore import config
from omnicore.config import Settings
from omnicore.host.loading import load_settings
from omnicore.host.manifests import installed, read_manifest
from omnicore.sdk.errors import SettingsError
from tests.conftest import SECRET

ROOT = Path(__file__).parents[1]
FILE = Path("/etc/omnicore/crm_config.yaml")
KEY = "k" * 32


def parse(text: str, file: Path = FILE) -> Settings:
    return config.parse(f"jwt_secret: {SECRET}\n{text}", file)


@pytest.fixture
def refused() -> Callable[[str], str]:
    def get(text: str) -> str:
        with pytest.raises(SettingsError) as caught:
            parse(text)
        return str(caught.value)

    return get


Refused = Callable[[str], str]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read .*`omnicore init` writes one"):
        config.load(tmp_path / "crm_config.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "crm_config.yaml"
    file.write_bytes(b"jwt_secret: \xff\xfe")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        config.load(file)


def test_the_file_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(f"jwt_secret: {SECRET}\n")
    monkeypatch.setenv("OMNICORE_CONFIG", str(file))
    assert config.load().path == file


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("crm:\n  base_url: [", "line 3, column 14"),
        ("crm:\n base_url: a\n  currency: b", "line 4, column 11"),
        ("crm: {\tbase_url: 'x}", "line 2, column 7"),
        ("a: \x07", "line 2: special characters are not allowed"),
    ],
)
def test_broken_yaml_names_line_and_column(refused: Refused, text: str, where: str) -> None:
    assert refused(text).startswith(f"{FILE}: {where}")


def test_a_file_that_is_a_list_is_refused() -> None:
    with pytest.raises(SettingsError, match="a map of sections was expected"):
        config.parse("- a\n- b\n", FILE)


@pytest.mark.parametrize(
    "text", ["crm: {}\nauth: {}\ncrm: {}", "crm:\n  currency: a\n  currency: b"]
)
def test_a_key_that_stands_twice_is_refused(refused: Refused, text: str) -> None:
    assert re.search(r"line 4: crm(\.currency)? stands in line [23] already", refused(text))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("databse: {}", "line 2: databse: unknown section; did you mean database?"),
        ("servce_types: []", "did you mean service_types?"),
        ("zzzzqqqq: 1", "line 2: zzzzqqqq: unknown section"),
        ("jwt-secret: a", "did you mean jwt_secret?"),
    ],
)
def test_an_unknown_section_is_named_with_the_nearest(
    refused: Refused, text: str, hint: str
) -> None:
    assert hint in refused(text)


def test_sections_of_plugins_of_the_guide_are_known_while_those_are_off() -> None:
    text = "stripe: {a: 1}\nmailjet: {b: 2}\nocs: {}\nsmsc: {}\ncbc_url: http://a\n"
    assert parse(text).sections["stripe"] == {"a": 1}


def test_a_section_that_plays_may_read_is_known() -> None:
    text = "provisioning: {expose: [our_router]}\nour_router: {address: 10.0.0.1}"
    assert parse(text).sections["our_router"] == {"address": "10.0.0.1"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("database:\n  port: high", "line 3: database.port: Not a valid integer (found 'high')"),
        ("database:\n  port: 70000", "line 3: database.port: Must be"),
        ("database:\n  prot: 1", "line 3: database.prot: Unknown field"),
        ("database: here", "line 2: database: "),
        ("auth:\n  bcrypt_rounds: 2", "line 3: auth.bcrypt_rounds: "),
        ("auth:\n  require_2fa_roles: admin", "line 3: auth.require_2fa_roles: Not a valid list"),
        ("auth:\n  cookie_secure: perhaps", "line 3: auth.cookie_secure: Not a valid boolean"),
        ("service_types: mobile internet", "line 2: service_types: Not a valid list"),
        ("plugins:\n  enabled: {a: 1}", "line 3: plugins.enabled: Not a valid list"),
        ("plugins: {enabled: [a], optional: [a]}", "plugins.optional: named under both: a"),
        ("provisioning:\n  expose: 5", "line 3: provisioning.expose: Not a valid list"),
        ("crm:\n  base_url: http://a.example/", "line 3: crm.base_url: no trailing slash"),
        ("crm:\n  base_url: ftp://a.example", "line 3: crm.base_url: Not a valid URL"),
        ("crm:\n  currency: EURO", "line 3: crm.currency: three letters"),
        ("web:\n  trusted_proxies: [proxy]", "line 3: web.trusted_proxies: proxy: not an address"),
    ],
)
def test_a_wrong_value_names_file_line_key_and_what_was_found(
    refused: Refused, text: str, complaint: str
) -> None:
    said = refused(text)
    assert said.startswith(f"{FILE}: ")
    assert complaint in said


def test_an_empty_section_is_one_that_says_nothing() -> None:
    settings = parse("database:\ncrm:\nplugins:\napi_keys:\nip_whitelist:\nservice_types:\n")
    assert settings.crm.currency == "USD"
    assert settings.api_keys == settings.ip_whitelist == ()


def test_references_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_HOST", "crm.example")
    (tmp_path / "password").write_text("s3cret\n")
    settings = parse(
        "crm: {base_url: 'https://${env:CRM_HOST}:8443'}\n"
        "database: {password: '${file:password}'}\n",
        tmp_path / "crm_config.yaml",
    )
    assert settings.crm.base_url == "https://crm.example:8443"
    assert settings.database.password.reveal() == "s3cret"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("${env:NOT_THERE_AT_ALL}", "the environment variable NOT_THERE_AT_ALL is not set"),
        ("${file:gone}", "the file gone cannot be read (No such file or directory)"),
    ],
)
def test_a_reference_that_leads_nowhere_names_its_line_and_key(
    refused: Refused, reference: str, said: str
) -> None:
    text = f"database:\n  password: {reference}\n"
    assert refused(text) == f"{FILE}: line 3: database.password: {said}"


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        "a" * 64,
        "0123456789abcdef" * 3,
        "2b93110f723db60172c8e9a1eaa80027a9a9c3f05b44e50dc3fcf38dba68d87e",
    ],
)
def test_a_secret_that_is_short_or_known_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(SettingsError, match=r"line 1: jwt_secret: .*openssl rand -hex 32") as it:
        config.parse(f"jwt_secret: {secret}\n", FILE)
    assert secret not in str(it.value)


def test_a_deployment_without_a_secret_does_not_start() -> None:
    with pytest.raises(SettingsError, match="jwt_secret: Missing data"):
        config.parse("crm: {}\n", FILE)


def test_api_keys_are_read_with_roles_and_networks() -> None:
    text = f"api_keys:\n  {KEY}: {{roles: [admin], ips: [10.0.0.1, 10.1.0.0/16]}}\n"
    (entry,) = parse(text).api_keys
    assert (entry.key.reveal(), entry.roles) == (KEY, ("admin",))
    assert entry.ips == ("10.0.0.1/32", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("'shortkey': {roles: [admin]}", "api_keys.shortk...: a key needs at least 32"),
        (f"{KEY}: {{roles: []}}", "api_keys.kkkkkk....roles: "),
        (f"{KEY}: {{}}", "api_keys.kkkkkk....roles: Missing data"),
        (f"{KEY}: {{roles: [a], ips: [10.0.0.0/33]}}", "10.0.0.0/33: not an address or network"),
        (f"{KEY}: [admin]", "api_keys.kkkkkk...: Invalid input type"),
        (f"{KEY}: {{roles: ['${{env:NOT_THERE_AT_ALL}}']}}", "api_keys.kkkkkk....roles: the env"),
        ("[admin]", "line 2: api_keys: a map from key"),
    ],
)
def test_a_wrong_api_key_is_named_by_its_beginning_only(
    refused: Refused, entry: str, complaint: str
) -> None:
    said = refused(f"api_keys:\n  {entry}\n")
    assert complaint in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        ("[10.0.0.1]", [("10.0.0.1/32", ("admin",))]),
        ("{10.0.0.0/8: {roles: [Support]}}", [("10.0.0.0/8", ("Support",))]),
        ("{10.0.0.1: }", [("10.0.0.1/32", ("admin",))]),
        ("['2001:db8::/32']", [("2001:db8::/32", ("admin",))]),
    ],
)
def test_the_whitelist_is_a_map_or_a_list(
    given: str, trusted: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = parse(f"ip_whitelist: {given}").ip_whitelist
    assert [(entry.network, entry.roles) for entry in found] == trusted


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("[127.0.0.1]", "loopback"),
        ("['::1']", "loopback"),
        ("['::ffff:127.0.0.1']", "loopback"),
        ("[0.0.0.0/0]", "loopback"),
        ("[nonsense]", "nonsense: not an address or network"),
        ("10.0.0.1", "a map from address to {roles}, or a list"),
        ("5", "a map from address to {roles}, or a list"),
        ("{10.0.0.1: admin}", "10.0.0.1: a map with the list roles was expected"),
        ("{10.0.0.1: {roles: admin}}", "10.0.0.1: roles is a list"),
    ],
)
def test_a_wrong_or_dangerous_whitelist_is_refused(
    refused: Refused, given: str, complaint: str
) -> None:
    said = refused(f"ip_whitelist: {given}")
    assert said.startswith(f"{FILE}: line 2: ip_whitelist: ")
    assert complaint in said


def test_the_environment_alone_may_say_where_the_database_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (
        ("MYSQL_USER", "crm"),
        ("MYSQL_PASSWORD", "p@ss:word/${env:HOME}"),
        ("MYSQL_DATABASE", "crm_live"),
        ("DB_SERVER", "db"),
    ):
        monkeypatch.setenv(name, value)
    settings = parse("")
    url = settings.database_url()
    assert (url.username, url.host, url.port, url.database) == ("crm", "db", 3306, "crm_live")
    assert url.password == "p@ss:word/${env:HOME}"
    assert "database.password" not in settings.plain_keys
    assert parse("database: {server: elsewhere}").database_url().host == "elsewhere"
    assert parse("database: {server: elsewhere}").database_url().username == "crm"


def test_the_database_defaults_to_mariadb_on_this_machine() -> None:
    url = parse("database: {username: u, password: p}").database_url()
    assert url.render_as_string(hide_password=False) == "mysql+pymysql://u:p@localhost:3306/omnicrm"


def test_a_relative_sqlite_file_stands_beside_the_settings() -> None:
    url = parse("database: {url: 'sqlite:///var/omnicore.db'}").database_url()
    assert url.database == "/etc/omnicore/var/omnicore.db"


@pytest.mark.parametrize(
    "database",
    ["{username: u, password: hunter2}", "{url: 'mysql+pymysql://u:hunter2@db/omnicrm'}"],
)
def test_the_url_is_shown_without_its_password(database: str) -> None:
    url = parse(f"database: {database}").database_url()
    assert "hunter2" not in f"{url} {url!r}"
    assert "***" in str(url)


def test_no_secret_shows_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = parse(
        "database: {password: hunter2, url: 'mysql+pymysql://u:hunter2@db/omnicrm'}\n"
        f"api_keys: {{{KEY}: {{roles: [admin]}}}}\n"
        "stripe: {secret_key: sk_live_hunter2}\n"
    )
    shown = f"{settings!r} {settings}"
    for secret in ("hunter2", SECRET, KEY):
        assert secret not in shown


def test_the_legal_service_types_are_those_of_the_file() -> None:
    assert "mobile" in parse("").service_types
    assert parse("service_types: [drone]").service_types == ("drone",)


def test_the_example_is_a_whole_deployment_once_its_environment_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    for number, name in enumerate(wanted):
        monkeypatch.setenv(name, f"{number}-{SECRET}")
    settings = config.load(ROOT / "crm_config.example.yaml")
    assert settings.plugins.enabled == ("ocs_cgrates", "provisioner_ansible")
    assert len(settings.api_keys) == 2
    for name in settings.plugins.enabled + settings.plugins.optional:
        load_settings(read_manifest(name, installed()), settings.sections)


def test_the_example_holds_no_secret_itself() -> None:
    text = (ROOT / "crm_config.example.yaml").read_text()
    secrets = re.findall(r"^\s*(?:\w*secret\w*|\w*password|\w*_key): *(.+)$", text, re.MULTILINE)
    assert secrets
    assert [value for value in secrets if not value.startswith("${env:")] == []


@pytest.mark.parametrize(
    "name", ["crm_config.yaml", ".env", ".env.local", "deploy/crm_config.yaml"]
)
def test_real_settings_stay_out_of_version_control(name: str) -> None:
    asked = ["git", "check-ignore", "--no-index", "--quiet", name]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", ["crm_config.example.yaml", ".env.example"])
def test_the_examples_are_kept(name: str) -> None:
    asked = ["git", "check-ignore", "--no-index", "--quiet", name]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 1
