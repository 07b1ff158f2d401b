"""CEL, the Common Expression Language, as much of it as rules need: typed at load, compiled to Python.

Read in this order: `lexer`, `tree` (the grammar), `types`, `translate` (types and Python source at once), `runtime`
(what the source calls). What is not here is refused at load with its place. https://github.com/google/cel-spec
"""
