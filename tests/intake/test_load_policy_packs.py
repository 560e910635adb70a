"""`manage.py load_policy_packs`: what is new, what waits for sign-off, and a bad file that leaves nothing behind."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from continuity.agencies.models import PolicyPack
from continuity.agencies.services import pack_in_force, rules_for, sign_off_pack
from tests import builders as b

pytestmark = pytest.mark.django_db
GOOD = """
code = "ca"
version = 1
title = "California"
effective_date = 2026-01-01
[rules]
law = "W&I 5328.7"
max_days = 90
"""


def load(*folder):
    out = io.StringIO()
    call_command("load_policy_packs", *map(str, folder), stdout=out)
    return out.getvalue().splitlines()


def refused(folder):
    with pytest.raises(CommandError) as error:
        load(folder)
    assert error.value.returncode == 1
    assert not PolicyPack.objects.exists()
    return str(error.value)


def test_the_shipped_packs_are_loaded_and_wait_for_sign_off():
    lines = load()
    assert [line.split(".")[0] for line in lines] == [
        f"{code}-3 from 2026-01-01: new, needs sign-off, binds nobody yet" for code in ("ca", "mo", "nc")
    ]
    assert {pack.effective_at for pack in PolicyPack.objects.all()} == {datetime(2026, 1, 1, tzinfo=UTC)}


def test_a_loaded_pack_binds_nobody_before_it_is_signed_off(tmp_path):
    county = b.agency("county-health", "county_behavioral_health")
    (tmp_path / "ca.toml").write_text(GOOD)
    load(tmp_path)
    assert pack_in_force(county, b.NOW) is None
    officer = b.member("gale", county, "privacy_officer")
    sign_off_pack(by=officer, pack_id=PolicyPack.objects.get().pk, counsel="Counsel C. Example", at=b.NOW)
    assert rules_for(county, b.NOW).max_days == 90
    assert "there already, signed off on 2026-11-20" in load(tmp_path)[0]


def test_loading_again_changes_nothing():
    load()
    before = sorted(PolicyPack.objects.values_list("pk", "version"))
    assert all("there already, needs sign-off" in line for line in load())
    assert sorted(PolicyPack.objects.values_list("pk", "version")) == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max_days = 90", "max_dayz = 90", "zz.toml: max_dayz: No policy pack has a rule max_dayz."),
        ("max_days = 90", 'max_days = "long"', "zz.toml: max_days: max_days is not a int."),
        ("max_days = 90", 'officer_categories = ["D3"]', "zz.toml: officer_categories: No narrative"),
        ("max_days = 90", "max_days =", "zz.toml: Invalid value"),
        ("version = 1", 'version = "1"', "zz.toml: version: This is no int."),
        ("version = 1", "version = true", "zz.toml: version: This is no int."),
        ("version = 1", "", "zz.toml: version: This is missing."),
        ("version = 1", "version = 1\nstate = 'CA'", "zz.toml: state: No policy pack says this."),
        ("2026-01-01", "2026-01-01T00:00:00Z", "zz.toml: effective_date: This is no date."),
        ('"ca"', '"california-all"', "zz.toml: code: "),
        ('"ca"', '"c a"', "zz.toml: code: "),
    ],
)
def test_a_bad_file_is_named_with_its_rule_and_nothing_is_kept(tmp_path, old, new, said):
    (tmp_path / "aa.toml").write_text(GOOD.replace('"ca"', '"nc"'))
    assert old in GOOD
    (tmp_path / "zz.toml").write_text(GOOD.replace(old, new))
    assert refused(tmp_path).startswith(said)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "zz.toml").write_bytes(b"\xff\xfe")
    assert refused(tmp_path).startswith("zz.toml: ")


def test_a_folder_without_packs_is_said(tmp_path):
    assert "no policy packs" in refused(tmp_path)


def test_other_rules_under_the_same_version_are_refused(tmp_path):
    file = tmp_path / "ca.toml"
    file.write_text(GOOD)
    load(tmp_path)
    file.write_text(GOOD.replace("90", "91"))
    with pytest.raises(
        CommandError, match=r"ca\.toml: version: This version of the pack exists with other rules"
    ):
        load(tmp_path)
    assert PolicyPack.objects.get().rules["max_days"] == 90
