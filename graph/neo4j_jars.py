"""Neo4j's jars, resolved from Maven Central once and remembered in the cache directory."""

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.maven import Artifact, MavenContext, PythonResolver
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from playbill.errors import Neo4jUnavailable, NoSpace

VERSION = "5.26.30"
_COORDINATES = (f"org.neo4j:neo4j:{VERSION}", f"org.neo4j.app:neo4j-server:{VERSION}")
_CONNECTIONS = 8
_TIMEOUT = 30.0  # seconds without a byte


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
        except (requests.RequestException, RuntimeError) as error:
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
    maven = MavenContext(resolver=_WholeFiles(), repo_cache=repository, local_repos=[])
    wanted = [maven.create_dependency(text) for text in coordinates]
    inputs, needed = maven.resolver.resolve(wanted)
    artifacts = [d.artifact for d in (*inputs, *needed) if d.scope in (None, "compile", "runtime")]
    with ThreadPoolExecutor(_CONNECTIONS) as connections:
        return list(dict.fromkeys(connections.map(Artifact.resolve, artifacts)))


class _WholeFiles(PythonResolver):
    """jgo writes a download where it belongs as it arrives and takes any file there for a whole
    one, so a download that was killed would stay broken for good. Here it arrives beside, and is
    checked first. One connection pool for all: half of jgo's time goes into 600 TLS handshakes."""

    def __init__(self) -> None:
        super().__init__(lenient=True)  # Neo4j's POM names a test artifact never published
        retry = Retry(total=3, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504])
        self._http = requests.Session()
        self._http.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=retry))

    def download(self, artifact: Artifact) -> Path:
        place = artifact.cached_path
        assert place is not None
        for repository in artifact.context.remote_repos.values():
            url = f"{repository}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
            if (whole := self._get(url)) is not None:
                _place(whole, place)
                return place
        raise RuntimeError(f"{artifact} is in none of {list(artifact.context.remote_repos)}")

    def _get(self, url: str) -> bytes | None:
        answer = self._http.get(url, timeout=_TIMEOUT)
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        checksum = self._http.get(f"{url}.sha1", timeout=_TIMEOUT)
        checksum.raise_for_status()
        if hashlib.sha1(answer.content).hexdigest() != checksum.text.split()[0].lower():
            raise requests.exceptions.ContentDecodingError(f"{url} does not match its checksum")
        return answer.content


def _place(whole: bytes, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=".arriving-", dir=place.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(whole)
        os.replace(beside, place)
    except BaseException:
        os.unlink(beside)
        raise
