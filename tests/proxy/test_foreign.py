"""A proxy from elsewhere predicts numbers or is refused in a sentence, whatever is in it."""

import json
import struct
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from archgym import bundle, proxy
from archgym.errors import ArchgymError
from archgym.simulators.proxy import ProxySimulator
from archgym.testing import archives

KINDS = ("ridge", "forest", "lightgbm", "mlp")
VERSION1 = Path(__file__).parent / "version1"

pytestmark = pytest.mark.filterwarnings("ignore::archgym.errors.OtherVersionWarning")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A proxy of each kind and each version of files."""
    folder = tmp_path_factory.mktemp("whole")
    found = {f"{kind} 1": VERSION1 / f"{kind}.proxy" for kind in KINDS}
    for kind in KINDS:
        found[f"{kind} 2"] = folder / f"{kind}.proxy"
        proxy.save(proxy.load(found[f"{kind} 1"]), found[f"{kind} 2"])
    return found


def check(path: Path) -> bool:
    """Predicts by a proxy in every way; returns whether it was refused instead."""
    refusal = None
    try:
        proxy.describe(path)
        loaded = proxy.load(path)
    except ArchgymError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.strip()
        assert "\n" not in refusal
        return True
    space = loaded.coding.space
    designs = space.sample(np.random.default_rng(0), 12)
    codes = np.array([loaded.coding.code(each) for each in designs])
    bounds = [loaded.on(name) for name in islice(loaded.known, 2)]
    if loaded.transfer:
        for facts in islice(loaded.facts.values(), 2):
            try:
                bounds.append(loaded.on_new(facts))
            except ArchgymError:
                continue
    for bound in bounds:
        for found in bound.interval(codes, 0.95):
            assert np.isfinite(found).all()
        for design in designs[:3]:
            values = bound.one(design, 0.9, 0.25)
            assert values is None or np.isfinite(values).all()
    ProxySimulator(path, None)
    return False


def check_altered(paths: dict[str, Path], which: str, count: int, seed: int, folder: Path) -> None:
    rng = np.random.default_rng([seed, *which.encode()])
    refused = sum(
        check(archives.alter(paths[which], folder / "altered.proxy", rng)) for _ in range(count)
    )
    assert 0 < refused <= count


WHICH = [f"{kind} {version}" for kind in KINDS for version in (1, 2)]


@pytest.mark.parametrize("which", WHICH)
def test_altered_proxies_are_refused_or_predict_numbers(which, paths, tmp_path: Path) -> None:
    check_altered(paths, which, 60, 0, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("which", WHICH)
def test_many_altered_proxies_are_too(which, paths, seed: int, tmp_path: Path) -> None:
    check_altered(paths, which, 250, seed, tmp_path)


@pytest.mark.parametrize("which", WHICH)
def test_what_was_not_altered_predicts(which, paths, tmp_path: Path) -> None:
    parts = archives.read(paths[which])
    assert not check(archives.write(tmp_path / "same.proxy", parts))


def test_a_bomb_is_refused_before_it_is_inflated(paths, tmp_path: Path) -> None:
    parts = archives.read(paths["ridge 2"])
    zeros = bundle.pack(np.zeros(1 << 25))
    bomb = archives.write(tmp_path / "bomb.proxy", parts | {"known/0/more.npy": zeros})
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(ArchgymError, match=r"would hold 268,.* once inflated, and one of its"):
        proxy.load(bomb)
    # The archive may lie about it.
    content = bomb.read_bytes()
    lying = tmp_path / "lying.proxy"
    lying.write_bytes(content.replace(struct.pack("<L", len(zeros)), struct.pack("<L", 1000)))
    with pytest.raises(ArchgymError, match="not a proxy, or damaged"):
        proxy.load(lying)


def test_parts_of_other_archives_are_refused(paths, tmp_path: Path) -> None:
    path = tmp_path / "other.proxy"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(paths["ridge 2"], "proxy.json", zipfile.ZIP_LZMA)
    with pytest.raises(ArchgymError, match="compressed as archgym's never are"):
        proxy.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(bundle.MOST_PARTS + 1):
            archive.writestr(str(number), b"")
    with pytest.raises(ArchgymError, match="holds 10,001 parts"):
        proxy.load(path)
    with pytest.raises(ArchgymError, match="no regular file"):
        proxy.load("/dev/zero")


def test_headers_are_of_their_digest(paths, tmp_path: Path) -> None:
    parts = archives.read(paths["ridge 2"])
    header = json.loads(parts["proxy.json"])
    header["simulator"] = "native 0"
    path = tmp_path / "changed.proxy"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"proxy.json": json.dumps(header).encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(ArchgymError, match="is damaged: it is not what its digest"):
        proxy.load(path)


def test_a_proxy_that_claims_to_stand_for_itself_is_not_asked_for_its_version(
    paths, tmp_path: Path
) -> None:
    parts = archives.read(paths["ridge 2"])
    path = tmp_path / "self.proxy"
    header = json.loads(parts["proxy.json"]) | {"simulator": f"proxy:{path} 1"}
    proxy.load(archives.write(path, parts, header))
