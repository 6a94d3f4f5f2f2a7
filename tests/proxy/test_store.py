"""What is saved is what is loaded, and nothing else is."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archgym import proxy
from archgym.errors import ArchgymError
from archgym.proxy import Samples
from archgym.testing import archives


@pytest.mark.parametrize("kind", ["ridge", "forest", "lightgbm", "mlp"])
def test_a_loaded_proxy_predicts_the_same(
    mixed_samples: Samples, kind: str, tmp_path: Path
) -> None:
    trained = proxy.train(mixed_samples.take(np.arange(200)), kind, effort=0.02)
    proxy.save(trained, tmp_path / "it.proxy")
    loaded = proxy.load(tmp_path / "it.proxy")
    workload = mixed_samples.facts[0].id
    for one, other in zip(
        trained.on(workload).interval(mixed_samples.codes, 0.95),
        loaded.on(workload).interval(mixed_samples.codes, 0.95),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert loaded.provenance["data_sha256"] == mixed_samples.take(np.arange(200)).sha256
    assert loaded.known[workload].has_seen(mixed_samples.keys).sum() == 200
    # A loaded one can be saved again, byte by byte.
    proxy.save(loaded, tmp_path / "again.proxy")
    assert (tmp_path / "again.proxy").read_bytes() == (tmp_path / "it.proxy").read_bytes()


def test_transfer_is_kept(transfer_path: Path, many_samples: Samples) -> None:
    loaded = proxy.load(transfer_path)
    facts = many_samples.facts[0]
    bound = loaded.on_new(facts)
    assert np.isfinite(bound.predict(many_samples.codes)).all()


def test_no_byte_of_a_file_can_be_changed_unnoticed(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    damaged = tmp_path / "damaged.proxy"
    rng = np.random.default_rng(0)
    for cut in rng.integers(0, len(content), 10).tolist():
        damaged.write_bytes(content[:cut])
        with pytest.raises(ArchgymError):
            proxy.load(damaged)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            begin = info.header_offset + 30 + len(info.filename)
            at = begin + info.compress_size // 2
            damaged.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
            with pytest.raises(ArchgymError):
                proxy.load(damaged)


def rewritten(path: Path, out: Path, **changes: object) -> Path:
    parts = archives.read(path)
    return archives.write(out, parts, json.loads(parts["proxy.json"]) | changes)


def test_foreign_and_newer_files_are_refused_in_one_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match=r"can't read proxy .*No such file"):
        proxy.load(tmp_path / "none.proxy")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ArchgymError, match="is not a proxy, or damaged"):
        proxy.load(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(ArchgymError, match=r"holds no proxy\.json"):
        proxy.load(tmp_path / "other.zip")
    newer = rewritten(path, tmp_path / "newer", schema_version=3)
    with pytest.raises(ArchgymError, match="schema version 3, and this archgym reads 1 and 2"):
        proxy.load(newer)
    with pytest.raises(ArchgymError, match="is not a proxy of archgym"):
        proxy.load(rewritten(path, tmp_path / "format", format="pickle"))
    with pytest.raises(ArchgymError, match="is not a proxy that can be used"):
        proxy.load(rewritten(path, tmp_path / "space", space={"name": "x"}))
    with pytest.raises(ArchgymError, match="is not a proxy that can be used"):
        proxy.load(rewritten(path, tmp_path / "kind", kind="no such"))


def test_nothing_is_left_of_a_file_that_can_not_be_written(mixed_proxy, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArchgymError, match="can't write"):
        proxy.save(mixed_proxy, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
