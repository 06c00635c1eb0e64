"""An import rule that names what is allowed: import-linter has only rules that name what is not."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyImports(Contract):
    """Let some modules import the standard library, each other and what is listed, no more.

    Configuration options:
        - source_modules: the packages held to the rule, with all they contain.
        - allowed_modules: top-level packages they may import directly.
    """

    type_name = "only_imports"

    source_modules = fields.ListField(subfield=fields.ModuleField())
    allowed_modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """List the imports of the source modules that lead outside what is allowed."""
        sources: set[str] = set()
        for module in self.source_modules:  # type: ignore[attr-defined] # a field turns into a list
            sources |= {module.name, *graph.find_descendants(module.name)}
        allowed = {*sys.stdlib_module_names, *self.allowed_modules}  # type: ignore[misc] # same
        strays = sorted(
            f"{importer} -> {imported}"
            for importer in sources
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported not in sources and not {imported, imported.partition(".")[0]} & allowed
        )
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that is not allowed."""
        for stray in check.metadata["strays"]:
            output.print_error(f"{stray} is not on the list.", bold=False)
