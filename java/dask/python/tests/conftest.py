import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from caller import Caller, fake_java_home  # noqa: E402
from cluster import Cluster  # noqa: E402


@pytest.fixture
def jdk(tmp_path):
    return str(fake_java_home(tmp_path / "jdk"))


@pytest.fixture(scope="module")
def cluster():
    """A cluster for tests that leave it as it is."""
    with Cluster(workers=2, slots=1) as cluster:
        yield cluster


@pytest.fixture
def own_cluster():
    """A cluster to be changed or destroyed."""
    with Cluster(workers=2, slots=1) as cluster:
        yield cluster


@pytest.fixture
def caller(cluster, jdk):
    """A session with the cluster, whose worker JVMs are stand-ins."""
    with Caller({"address": cluster.address, "javaHome": jdk}) as caller:
        yield caller


@pytest.fixture
def own_caller(own_cluster, jdk):
    with Caller({"address": own_cluster.address, "javaHome": jdk}) as caller:
        yield caller
