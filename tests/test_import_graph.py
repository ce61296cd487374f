"""The graph of our own imports, those for types alone included: who may import whom, import-linter says."""

import grimp
import networkx
import pytest

PACKAGE = "bddseg_tui"


@pytest.fixture(scope="module")
def imports() -> "networkx.DiGraph[str]":
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    found: networkx.DiGraph[str] = networkx.DiGraph()
    for module in graph.modules:
        found.add_edges_from((module, imported) for imported in graph.find_modules_directly_imported_by(module))
    return found


def test_no_modules_import_each_other(imports: "networkx.DiGraph[str]") -> None:
    circles = [sorted(part) for part in networkx.strongly_connected_components(imports) if len(part) > 1]
    assert circles == []
