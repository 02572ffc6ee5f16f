"""Neo4j's jars, resolved from Maven Central once and remembered in the cache directory."""

import errno
import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.maven import Artifact, MavenContext, PythonResolver

from playbill.errors import Neo4jUnavailable, NoSpace

VERSION = "5.26.30"
_COORDINATES = (f"org.neo4j:neo4j:{VERSION}", f"org.neo4j.app:neo4j-server:{VERSION}")
_CONNECTIONS = 8


def class_path(cache_dir: Path, *, progress: Callable[[str], None]) -> list[Path]:
    """The jars of a Neo4j server, downloaded into `cache_dir` where they are not there yet.

    Raises Neo4jUnavailable where Maven Central cannot be reached, NoSpace on a full disk; what had
    arrived by then is used by the next call.
    """
    return resolved(_COORDINATES, cache_dir, name=f"neo4j-{VERSION}", progress=progress)


def resolved(
    coordinates: tuple[str, ...], cache_dir: Path, *, name: str, progress: Callable[[str], None]
) -> list[Path]:
    """The jars of some Maven coordinates and of all that they need; remembered under `name`."""
    repository, memory = cache_dir / "maven", cache_dir / f"{name}.json"
    jars = _remembered(memory, repository)
    if jars is None:
        progress(f"Downloading {name} from Maven Central, once")
        try:
            jars = _downloaded(coordinates, repository)
            _remember(memory, repository, jars)
        except requests.RequestException as error:
            raise Neo4jUnavailable(
                f"Cannot download {name} from Maven Central: {error}. Run the command again to go "
                "on where it stopped, or set PLAYBILL_NEO4J_URI to a Neo4j of your own."
            ) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise NoSpace(f"No space left in {cache_dir} to download {name}.") from error
            raise
    return jars


def _remembered(memory: Path, repository: Path) -> list[Path] | None:
    """The jars that an earlier call noted, or None unless each is there in its whole length."""
    try:
        sizes: dict[str, int] = json.loads(memory.read_text())
        if all((repository / jar).stat().st_size == size for jar, size in sizes.items()):
            return [repository / jar for jar in sizes]
    except (OSError, ValueError):
        return None
    for jar, size in sizes.items():  # a damaged jar would be taken for a downloaded one
        if (repository / jar).stat().st_size != size:
            (repository / jar).unlink()
    return None


def _remember(memory: Path, repository: Path, jars: list[Path]) -> None:
    sizes = {str(jar.relative_to(repository)): jar.stat().st_size for jar in jars}
    beside = memory.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(sizes, indent=1))
    beside.replace(memory)


def _downloaded(coordinates: tuple[str, ...], repository: Path) -> list[Path]:
    repository.mkdir(parents=True, exist_ok=True)
    # lenient: Neo4j's POM names a test artifact that was never published
    maven = MavenContext(
        resolver=_WholeFiles(lenient=True), repo_cache=repository, local_repos=[], timeout=30
    )
    wanted = [maven.create_dependency(text) for text in coordinates]
    inputs, needed = maven.resolver.resolve(wanted)
    artifacts = [d.artifact for d in (*inputs, *needed) if d.scope in (None, "compile", "runtime")]
    with ThreadPoolExecutor(_CONNECTIONS) as connections:
        return list(dict.fromkeys(connections.map(Artifact.resolve, artifacts)))


class _WholeFiles(PythonResolver):
    """jgo writes a download where it belongs as it arrives and takes any file there for a whole
    one, so a download that was killed would stay broken for good. This one arrives beside."""

    def download(self, artifact: Artifact) -> Path | None:
        place = artifact.cached_path
        assert place is not None
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".arriving-", dir=place.parent) as beside:
            context = MavenContext(resolver=self, repo_cache=Path(beside), timeout=30)
            project = context.project(artifact.groupId, artifact.artifactId)
            twin = project.at_version(artifact.version).artifact(
                artifact.classifier, artifact.packaging
            )
            whole = super().download(twin)
            if whole is None:
                return None
            return whole.replace(place)
