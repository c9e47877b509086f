"""What every domain is made of: elements, schemas, the one alignment, comparison, edit builders, generators."""

from domains.kit import edits, generate, mutate, tables
from domains.kit.compare import Change, Comparer, Comparison, compare, describe
from domains.kit.domain import TAGS, Direction, Domain, Edit, Format
from domains.kit.element import MAX_DEPTH, STRAY, EditError, Element, Files, ParseError, element, stray
from domains.kit.measure import Measurement, Meter, Outcome, at
from domains.kit.mutate import MUTATIONS, Mutation
from domains.kit.schema import Field, Kind, Schema, SchemaError, bag, exact, prose, sequence, spaced, text, words
from domains.kit.tables import file_named, read_csv, unfence, write_csv

__all__ = [
    "MAX_DEPTH", "MUTATIONS", "STRAY", "TAGS", "Change", "Comparer", "Comparison", "Direction", "Domain", "Edit",
    "EditError", "Element", "Field", "Files", "Format", "Kind", "Measurement", "Meter", "Mutation", "Outcome",
    "ParseError", "Schema", "SchemaError", "at", "bag", "compare", "describe", "edits", "element", "exact",
    "file_named", "generate", "mutate", "prose", "read_csv", "sequence", "spaced", "stray", "tables", "text",
    "unfence", "words", "write_csv",
]  # fmt: skip
