"""Which names a piece of Python binds in the namespace that it runs in: read from its syntax, never run."""

import ast
from collections.abc import Iterable, Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def bound_by(tree: ast.AST) -> frozenset[str]:
    """Return the names that code binds or deletes in its own namespace.

    Args:
        tree: of the code; the same whatever version of Python reads it, where its tables of symbols are not.

    Returns:
        The names, with those that functions and classes bind after `global`. Names bound through `exec` or `globals()`
        are not seen.
    """
    found = _Bindings()
    found.visit(tree)
    return frozenset(found.names)


class _Bindings(ast.NodeVisitor):
    """Walks through code, and knows which names of the scope at hand are the namespace's own."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._shared: frozenset[str] | None = None
        """Names of this scope that `global` shares; None at the top, where all are."""

    def _bind(self, name: str | None) -> None:
        if name is not None and (self._shared is None or name in self._shared):
            self.names.add(name)

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _visit_inside(self, body: list[ast.AST]) -> None:
        outside, self._shared = self._shared, frozenset(_shared_by(body))
        self._visit_all(body)
        self._shared = outside

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name)
        self._visit_all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        self._visit_inside([*node.body])

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all([*node.args.defaults, *node.args.kw_defaults])
        self._visit_inside([node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name)
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        self._visit_inside([*node.body])

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._visit_all([node.iter, *node.ifs])  # what it loops over is its own, and `:=` is not

    def visit_alias(self, node: ast.alias) -> None:
        self._bind(node.asname or node.name.partition(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.visit_MatchAs(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._bind(node.rest)
        self.generic_visit(node)


def _shared_by(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names that a scope declares global; what is nested in it has its own."""
    for node in body:
        if isinstance(node, ast.Global):
            yield from node.names
        if not isinstance(node, _SCOPES):
            yield from _shared_by(ast.iter_child_nodes(node))
