"""What every domain is made of: elements, schemas, the one alignment, comparison, edit builders, generators."""

from domains.kit import edits, generate, mutate
from domains.kit.compare import Change, Comparer, Comparison, compare, describe
from domains.kit.domain import TAGS, Direction, Domain, Edit, Format
from domains.kit.element import MAX_DEPTH, STRAY, EditError, Element, Files, ParseError, element, stray
from domains.kit.files import file_named, read_csv, read_json, texts, unfence, write_csv
from domains.kit.measure import Measurement, Meter, Outcome, at
from domains.kit.mutate import MUTATIONS, Mutation
from domains.kit.schema import Field, Kind, Schema, SchemaError, bag, exact, prose, sequence, spaced, text, words

__all__ = [
    "MAX_DEPTH", "MUTATIONS", "STRAY", "TAGS", "Change", "Comparer", "Comparison", "Direction", "Domain", "Edit",
    "EditError", "Element", "Field", "Files", "Format", "Kind", "Measurement", "Meter", "Mutation", "Outcome",
    "ParseError", "Schema", "SchemaError", "at", "bag", "compare", "describe", "edits", "element", "exact",
    "file_named", "generate", "mutate", "prose", "read_csv", "read_json", "sequence", "spaced", "stray", "text",
    "texts", "unfence", "words", "write_csv",
]  # fmt: skip
