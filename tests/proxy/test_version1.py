"""Files of the first schema version say what they said to the archgym that wrote them."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archgym import proxy
from archgym.errors import ArchgymError

FOLDER = Path(__file__).parent / "version1"
OUTPUTS = json.loads((FOLDER / "outputs.json").read_text())
CODES = np.array(OUTPUTS["codes"])


@pytest.mark.filterwarnings("ignore::archgym.errors.OtherVersionWarning")
@pytest.mark.parametrize("kind", ["ridge", "forest", "lightgbm", "mlp"])
def test_it_predicts_the_same(kind: str, tmp_path: Path) -> None:
    path, again = FOLDER / f"{kind}.proxy", tmp_path / "again.proxy"
    proxy.save(proxy.load(path), again)
    for loaded in (proxy.load(path), proxy.load(again)):
        outputs = loaded.on_new(list(loaded.facts.values())[1]).outputs(CODES)
        # Trees are exact; products of matrices differ in their last bits between machines.
        exact = kind in ("forest", "lightgbm")
        np.testing.assert_allclose(
            outputs, OUTPUTS[kind]["transfer"], rtol=0 if exact else 1e-5, atol=0 if exact else 1e-6
        )
    if "known" in OUTPUTS[kind]:
        outputs = loaded.on(next(iter(loaded.known))).outputs(CODES)
        np.testing.assert_array_equal(outputs, OUTPUTS[kind]["known"])


def test_a_graph_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    with zipfile.ZipFile(FOLDER / "mlp.proxy") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    model = onnx.ModelProto.FromString(parts["transfer/network.onnx"])
    model.graph.node[-1].input[0] = model.graph.node[0].output[0]
    parts["transfer/network.onnx"] = model.SerializeToString()
    header = json.loads(parts["proxy.json"])
    header["files"] = {
        name: proxy.store.digest.of_bytes(content)
        for name, content in parts.items()
        if name != "proxy.json"
    }
    with zipfile.ZipFile(tmp_path / "other.proxy", "w") as archive:
        for name, content in (parts | {"proxy.json": json.dumps(header).encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(ArchgymError, match="computes something else than a proxy's network"):
        proxy.load(tmp_path / "other.proxy")
