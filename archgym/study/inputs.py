"""What a study reads, by content: its results are those of nothing else.

`inputs.json` in the folder of a study says what the platform, the workloads, the simulator and
the files that agents are given contained when the study began, and holds the data of a platform
that could change, so that the results can be understood without its files. It also has the digest
of the `spec.toml` beside it, and its own.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgym import agents, digest
from archgym.domain import Domain, Platform
from archgym.errors import ArchgymError, DamagedError
from archgym.study.parts import AgentSpec, WorkloadSpec
from archgym.workload import NamedWorkload

if TYPE_CHECKING:
    from archgym.simulator import Simulator

SCHEMA_VERSION = 3
"""Of the record; those of version 1 have no digests, and before 3 platforms were devices."""

NAME = "inputs.json"
SPEC = "spec.toml"

Contents = Mapping[str, str]
"""What something contains, by what it is: `NAME#SHA256`, or a simulator's name and version."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a study reads.

    Attributes:
        contents: Of the platform first, which workloads contain too.
        platform: See `Platform.document`.
        spec: SHA-256 of the study's `spec.toml`; `None` if there is none yet, or it is not known.
    """

    contents: Contents
    platform: Mapping[str, Any] | None = None
    spec: str | None = field(default=None, compare=False)

    @classmethod
    def read(cls, folder: Path) -> "Inputs | None":
        """Returns those in the folder of a study; `None` if it is older than the record of them.

        Raises:
            ArchgymError: The file can't be read, or a newer archgym has written it.
            DamagedError: It is not what was written.
        """
        path = folder / NAME
        if not path.exists():
            return None
        document = digest.read_json(path)
        version = document.get("schema_version")
        digest.check(document, path, required=version != 1)
        if version not in range(1, SCHEMA_VERSION + 1):
            raise ArchgymError(
                f"{path} has schema version {version}, and this archgym reads {SCHEMA_VERSION}"
            )
        try:
            platform = document["platform" if version == SCHEMA_VERSION else "device"]
            return cls(dict(document["contents"]), platform, document.get("spec_sha256"))
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{path} does not say what a study has read: {error!r}") from error

    def to_json(self) -> str:
        """Returns the text of the file."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "contents": dict(self.contents),
            "platform": self.platform,
            "spec_sha256": self.spec,
        }
        return json.dumps(digest.stamp(document), indent=1) + "\n"

    @property
    def sha256(self) -> str:
        """Hash of all contents."""
        return hashlib.sha256(json.dumps(self.contents, sort_keys=True).encode()).hexdigest()

    def of_trial(self, workload: WorkloadSpec, agent: AgentSpec) -> Contents:
        """Returns what a trial of an agent on a workload reads."""
        names = ["simulator", f"workload {workload.label}"]
        names += [_file(agent, name) for name in files(agent)]
        return {name: self.contents[name] for name in names}


def check_spec(path: Path) -> None:
    """Checks a spec if it is the one in the folder of a study, by the record beside it.

    Raises:
        ArchgymError: The record can't be read.
        DamagedError: The spec, or the record, is not what was written.
    """
    folder = path.parent
    if path.name != SPEC or not (folder / "trials").is_dir():
        return
    found = Inputs.read(folder)
    if found and found.spec and digest.of_file(path) != found.spec:
        raise DamagedError(
            f"{path} is not what was written with the results beside it; the command that began "
            "the study repairs it; to change it, copy it to another folder"
        )


def of_simulator(simulator: "Simulator") -> Contents:
    """Returns what a simulator is; the version of one that reads files is of their content."""
    return {"simulator": f"{simulator.name} {simulator.version}"}


def of_workload(label: str, workload: NamedWorkload) -> Contents:
    """Returns what a workload contains, its platform included."""
    name, _, _ = workload.id.rpartition("#")
    return {f"workload {label}": f"{name}#{workload.sha256}"}


def of_files(agent: AgentSpec) -> Contents:
    """Returns what the files contain that an agent is given.

    Raises:
        ArchgymError: A file can't be read.
    """
    found = {}
    for name, path in files(agent).items():
        try:
            found[_file(agent, name)] = f"#{hashlib.sha256(path.read_bytes()).hexdigest()}"
        except OSError as error:
            raise ArchgymError(f"can't read {path}: {error.strerror}") from error
    return found


def files(agent: AgentSpec) -> dict[str, Path]:
    """Returns the files that an agent is given, by hyperparameter."""
    names = _hyperparameters_of_files(agent.agent)
    return {
        name: Path(agent.hyperparameters[name]) for name in names if agent.hyperparameters.get(name)
    }


@cache
def _hyperparameters_of_files(agent: str) -> tuple[str, ...]:
    """Returns which hyperparameters of an agent are files; once, as studies have many trials."""
    fields = dataclasses.fields(agents.registry.load(agent).Hyperparameters)
    return tuple(field.name for field in fields if "file" in field.metadata)


def change(found: Contents, now: Contents) -> str | None:
    """Says in words what the first thing is whose content differs; `None` if nothing does."""
    for name, content in now.items():
        if name not in found:
            return f"the content that {name} had is not known"
        if found[name] != content:
            return f"{name} was {short(found[name])} and is now {short(content)}"
    return None


def short(content: str) -> str:
    """Returns a content as people read it, with the first digits of its hash."""
    name, mark, digest = content.rpartition("#")
    return f"{name}{mark}{digest[:8]}" if mark and len(digest) == 64 else content


def platform(folder: Path, domain: Domain, options: Mapping[str, Any]) -> Platform:
    """Returns the platform of a study as it was when the study began.

    Args:
        folder: The study's folder.
        domain: The study's domain.
        options: The domain's, for a folder that does not hold the platform's data.

    Raises:
        ArchgymError: The platform is neither in the folder nor to be found otherwise.
    """
    inputs = Inputs.read(folder)
    if inputs is None or inputs.platform is None:
        return domain.platform(options)
    return domain.restore(inputs.platform, options, str(folder / NAME))


def _file(agent: AgentSpec, hyperparameter: str) -> str:
    return f"file {hyperparameter} of agent {agent.label}"
