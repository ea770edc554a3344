"""Every wrong key, key file or address is one sentence that says what to do, before anything is sent."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from engine import KalshiAdapter, KalshiConfig
from engine.core.errors import InvalidConfig
from tests.brokers.kalshi.keys import KEY_ID, ed_key, pem, rsa_key


def config(**options: object) -> KalshiConfig:
    return KalshiConfig(api_key=KEY_ID, **options)  # type: ignore[arg-type]


def test_the_call_of_the_readme_works_as_written() -> None:
    adapter = KalshiAdapter(config=KalshiConfig(api_key=KEY_ID, private_key=pem(), use_demo=True))
    assert adapter.config.rest == "https://external-api.demo.kalshi.co/trade-api/v2"
    assert KalshiAdapter().config.environment == "demo"


def test_real_money_has_to_be_asked_for() -> None:
    assert KalshiConfig().environment == "demo"
    assert config(private_key=pem(), use_demo=False).rest.startswith("https://external-api.kalshi.com/")
    with pytest.raises(InvalidConfig, match="use_demo is 'no'"):
        config(private_key=pem(), use_demo="no")


@pytest.mark.parametrize("key", [rsa_key, ed_key])
def test_a_key_is_taken_as_text_bytes_or_with_escaped_line_breaks(key: object) -> None:
    text = pem(key())  # type: ignore[operator]
    for form in (text, text.encode(), text.replace("\n", "\\n"), f"\n  {text}  "):
        assert config(private_key=form).signer() is not None


def test_an_encrypted_key_opens_with_its_passphrase() -> None:
    locked = pem(passphrase=b"s3cret")
    assert config(private_key=locked, passphrase="s3cret").signer() is not None
    with pytest.raises(InvalidConfig, match="is encrypted and no passphrase is given; pass passphrase"):
        config(private_key=locked).signer()
    with pytest.raises(InvalidConfig, match="cannot be opened with this passphrase"):
        config(private_key=locked, passphrase="wrong").signer()
    with pytest.raises(InvalidConfig, match="is not encrypted and a passphrase is given"):
        config(private_key=pem(), passphrase="s3cret").signer()


def public_pem() -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return rsa_key().public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def curve_pem() -> str:
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(serialization.Encoding.PEM, form, none).decode()


WRONG = {
    "a path": (lambda: "~/keys/kalshi.pem", "holds no PEM; .* private_key_path"),
    "nothing": (lambda: "", "holds no PEM"),
    "damaged": (lambda: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "damaged or unknown PEM; copy"),
    "cut off": (lambda: pem()[:300], "damaged or unknown PEM"),
    "public": (public_pem, "holds a public key"),
    "other curve": (curve_pem, "Kalshi takes RSA and Ed25519"),
    "short": (lambda: pem(rsa_key(1024)), "RSA with 1024 bits; at least 2048"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pem_is_one_sentence(case: str) -> None:
    text, says = WRONG[case]
    with pytest.raises(InvalidConfig, match=says) as caught:
        config(private_key=text()).signer()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="api_key is given without its private key"):
        config()
    with pytest.raises(InvalidConfig, match="private key is given without api_key"):
        KalshiConfig(private_key=pem())
    with pytest.raises(InvalidConfig, match="both given"):
        config(private_key=pem(), private_key_path="x.pem")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1000])
def test_a_timeout_is_finite_and_above_zero(timeout: float) -> None:
    with pytest.raises(InvalidConfig, match="timeout_s"):
        KalshiConfig(timeout_s=timeout)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/trade-api/v2",
        "http://127.0.0.1@evil.example/",
        "http://evil.example/#127.0.0.1",
        "http://127.0.0.1.evil.example/",
        "http://evil.example\\@127.0.0.1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
    ],
)
def test_a_key_can_be_led_to_this_machine_only(url: str) -> None:
    with pytest.raises(InvalidConfig, match="only an address on this machine"):
        config(private_key=pem(), rest_url=url)
    with pytest.raises(InvalidConfig, match="only an address on this machine"):
        config(private_key=pem(), stream_url=url.replace("http", "ws"))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "kalshi.pem"
    path.write_text(pem())
    path.chmod(0o600)
    return path


def test_a_key_file_of_mode_0600_is_taken(key_file: Path) -> None:
    for mode in (0o600, 0o400):
        key_file.chmod(mode)
        assert config(private_key_path=key_file).signer() is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o660, 0o601, 0o777])
def test_a_key_file_that_others_can_reach_is_refused_with_the_command_that_helps(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(InvalidConfig, match=f"mode {mode:04o} .* chmod 600 .*kalshi.pem"):
        config(private_key_path=key_file).signer()


def test_a_key_file_that_others_can_swap_is_refused(key_file: Path) -> None:
    key_file.parent.chmod(0o777)
    try:
        with pytest.raises(InvalidConfig, match=r"others can swap key file .* chmod go-w"):
            config(private_key_path=key_file).signer()
    finally:
        key_file.parent.chmod(0o700)


def test_a_link_a_folder_a_pipe_and_nothing_are_no_key_files(key_file: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link.pem", tmp_path / "pipe.pem"
    link.symlink_to(key_file)
    os.mkfifo(pipe, 0o600)
    for path, says in (
        (link, "not a link"),
        (pipe, "no plain file"),
        (tmp_path, "no plain file|cannot be opened"),
        (tmp_path / "gone.pem", "there is no key file"),
    ):
        with pytest.raises(InvalidConfig, match=says):
            config(private_key_path=path).signer()


def test_a_huge_file_is_not_read(key_file: Path) -> None:
    key_file.write_bytes(b"x" * 100_000)
    with pytest.raises(InvalidConfig, match="100000 bytes"):
        config(private_key_path=key_file).signer()


def test_a_config_shows_no_secret() -> None:
    locked = config(private_key=pem(passphrase=b"s3cret"), passphrase="s3cret")
    for shown in (repr(locked), str(locked), repr(KalshiAdapter(locked))):
        assert KEY_ID not in shown and "PRIVATE" not in shown and "s3cret" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(KalshiAdapter(locked))
