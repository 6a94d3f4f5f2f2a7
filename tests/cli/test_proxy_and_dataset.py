"""`archgym dataset` and `archgym proxy`, from a study to a search on the proxy of its log."""

import json

import pytest

from archgym.study import Study
from archgym.study.run import opened


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "out"
    spec = {
        "name": "one",
        "space": "archgym-pow2",
        "budget": 250,
        "seeds": 1,
        "workloads": [{"name": "mixed", "requests": 100}],
        "agents": {"random_search": {}, "random_walk": {}},
    }
    assert Study.from_mapping(spec, "test").run(out) == []
    return out


def test_from_data_to_predictions(archgym, study):
    out, _ = archgym("dataset", "merge", study, "--out", "data", "--json")
    assert json.loads(out)["data"]["rows"] == 500
    out, _ = archgym("dataset", "info", "data", "--json")
    found = json.loads(out)
    assert found["agent"] == {"random_search": 250, "random_walk": 250}
    archgym("dataset", "split", "data", "--first", "a", "--second", "b", "--share", "0.7")
    archgym("dataset", "export", "b", "--out", "b.csv")

    train = ("proxy", "train", "a", "--out", "it.proxy", "--model", "lightgbm", "--effort", "0.1")
    out, err = archgym(*train, "--json")
    assert err == ""
    trained = json.loads(out)
    (workload,) = trained["scores"]
    assert trained["scores"][workload]["runtime_ns"]["spearman"] > 0.5
    out, _ = archgym("proxy", "info", "it.proxy", "--json")
    assert json.loads(out)["kind"] == "lightgbm"
    out, _ = archgym("proxy", "eval", "it.proxy", "b", "--plot", "eval.png", "--json")
    evaluated = json.loads(out)
    assert evaluated["seen_before"] == 0
    assert evaluated["workloads"][workload]["designs"] > 50
    out, _ = archgym("proxy", "eval", "it.proxy", "a", "b", "--json")
    assert json.loads(out)["seen_before"] == trained["samples"]

    design = '{"PagePolicy": "Closed"}'
    predict = ("proxy", "predict", "it.proxy", "--workload", "mixed", "--design", design)
    out, _ = archgym(*predict, "--json")
    (record,) = json.loads(out)
    runtime = record["metrics"]["runtime_ns"]
    assert runtime["low"] <= runtime["value"] <= runtime["high"]
    for command in (("proxy", "info", "it.proxy"), ("proxy", "eval", "it.proxy", "b"), predict):
        out, _ = archgym(*command)
        assert "runtime_ns" in out


def test_export_for_minari(archgym, study):
    minari = pytest.importorskip("minari", reason="needs extra minari")
    pytest.importorskip("h5py", reason="needs extra minari")
    export = ("dataset", "export", study, "--format", "minari", "--objective", "edp")
    out, err = archgym(*export, "--out", "one-v0", "--json")
    assert err == ""
    assert json.loads(out)["one-v0"]["rows"] == 500
    assert minari.MinariDataset("one-v0/data").total_episodes == 500


def test_bad_input_is_one_sentence(archgym, study, tmp_path):
    (tmp_path / "text").write_text("no proxy")
    archgym("proxy", "train", study, "--out", "it.proxy", "--model", "ridge")
    commands = {
        "unknown model 'rigde'; did you mean 'ridge'?": (
            *("proxy", "train", study, "--out", "x.proxy", "--model", "rigde"),
        ),
        "text is not a proxy, or damaged": ("proxy", "info", "text"),
        "unknown workload of the proxy 'stream'": (
            *("proxy", "predict", "it.proxy", "--workload", "stream"),
        ),
        "ModelParameter": (
            *("proxy", "predict", "it.proxy", "--workload", "mixed"),
            *("--design", '{"ModelParameter": 1}'),
        ),
        "--design is not JSON": (
            *("proxy", "predict", "it.proxy", "--workload", "mixed", "--design", "{"),
        ),
        "has seen all of these designs": ("proxy", "eval", "it.proxy", study),
        "unknown way to split 'row'": (
            *("dataset", "split", study, "--first", "a", "--second", "b", "--by", "row"),
        ),
        "can't read log none": ("dataset", "info", "none"),
        "unknown format 'minary'; did you mean 'minari'?": (
            *("dataset", "export", study, "--out", "x-v0", "--format", "minary"),
        ),
        "--objective is for --format minari": (
            *("dataset", "export", study, "--out", "x.csv", "--objective", "latency"),
        ),
    }
    for message, command in commands.items():
        out, err = archgym(*command, code=2)
        assert out == ""
        assert message in err
        assert err.count("\n") == 1


@pytest.fixture
def begun(archgym, tmp_path):
    """The folder of a study that was stopped before any of its trials was finished."""
    spec = {
        "budget": 3,
        "seeds": 6,
        "workloads": [{"name": "stream", "requests": 20}],
        "agents": {"random_search": {}, "random_walk": {}},
    }
    study = Study.from_mapping(spec, "test")
    with opened(study, tmp_path / "begun", study.check("test")):
        pass
    return "begun"


@pytest.mark.parametrize("command", [("dataset", "info"), ("proxy", "train", "--out", "x.proxy")])
def test_a_study_without_a_finished_trial_is_no_data_yet(archgym, begun, command):
    _, err = archgym(*command, begun, code=2)
    go_on = "archgym run begun/spec.toml --out begun"
    assert err == (
        "error: begun holds a study of 12 trial(s), none of which is finished; go on with: "
        f"{go_on}\n"
    )
    _, err = archgym("run", begun, code=2)
    assert err == "error: a study is a TOML file, and begun is a folder; the study in it is " + (
        "begun/spec.toml\n"
    )
    archgym(*go_on.split()[1:])
    assert json.loads(archgym("dataset", "info", begun, "--json")[0])["rows"] == 36


NO_DATA = {
    "a trace": ({"t.stl": "0: read 0x0\n"}, "t.stl", "t.stl is no log, which ends with .parquet"),
    "an empty folder": ({}, "", "holds no dataset, table, study or sealed log"),
    "an empty log": ({"t.parquet": ""}, "t.parquet", "can't read t.parquet"),
    "another JSON": ({"dataset.json": "[]"}, "", "dataset.json holds no JSON object"),
    "half a dataset": ({"dataset.json": '{"schema_version": 1}'}, "", "lacks the key 'spaces'"),
    "nothing": ({}, "none", "can't read log none: No such file"),
}


@pytest.mark.parametrize(("files", "path", "message"), NO_DATA.values(), ids=NO_DATA)
def test_what_holds_no_data(archgym, tmp_path, files, path, message):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    _, err = archgym("dataset", "info", path or tmp_path, code=2)
    assert message in err
    assert err.count("\n") == 1
