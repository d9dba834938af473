"""A contract of import-linter: contexts meet only at named modules, their doors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """A module may import another context's doors, and nothing else of it.

    Options:
        contexts: packages that meet only at their doors.
        doors: module names that every context may import from another, directly below it.
        root: the composition root, a package that may import more.
        root_doors: module names that ``root`` may import from a context.
    """

    type_name = "doors"

    contexts = fields.ListField(subfield=fields.StringField())
    doors = fields.SetField(subfield=fields.StringField())
    root = fields.StringField(required=False)
    root_doors = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        broken = sorted(dict.fromkeys(self._broken(graph)))
        found = [(a, b, self._lines(graph, a, b)) for a, b in broken]
        return ContractCheck(kept=not found, metadata={"broken": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, lines in check.metadata["broken"]:
            output.print_error(f"{importer} imports {imported} ({lines}): not a door", bold=False)

    def _broken(self, graph: Any) -> Iterator[tuple[str, str]]:
        for module in sorted(graph.modules):
            own = self._context_of(module)
            if own is None and not self._is_root(module):
                continue
            open_to_it = set(self.doors if own else self.root_doors or self.doors)
            for imported in graph.find_modules_directly_imported_by(module):
                other = self._context_of(imported)
                if other is None or other == own:
                    continue
                below = imported.removeprefix(other).lstrip(".").split(".")[0]
                if below not in open_to_it:
                    yield module, imported

    def _context_of(self, module: str) -> str | None:
        return next((c for c in self.contexts if module == c or module.startswith(c + ".")), None)

    def _is_root(self, module: str) -> bool:
        root = str(self.root or "")
        return bool(root) and (module == root or module.startswith(root + "."))

    @staticmethod
    def _lines(graph: Any, importer: str, imported: str) -> str:
        details = graph.get_import_details(importer=importer, imported=imported)
        return ", ".join(f"line {d['line_number']}" for d in details) or "line unknown"
