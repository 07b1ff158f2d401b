"""A search over so few shoes that the database does it: by the words that were typed, whatever else is asked for."""

from haystack.backends import BaseEngine, SearchNode
from haystack.backends.simple_backend import SimpleSearchBackend, SimpleSearchQuery


class Words(SimpleSearchQuery):
    def build_query(self):
        typed = []

        def gather(node):
            for child in node.children:
                if isinstance(child, SearchNode):
                    gather(child)
                elif child[0].startswith("content"):
                    typed.append(str(getattr(child[1], "query_string", child[1])))

        gather(self.query_filter)
        return " ".join(typed) or "*"


class Shelves(BaseEngine):
    backend = SimpleSearchBackend
    query = Words
