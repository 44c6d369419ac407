"""What a host is made of, and what changed of that since somebody accepted it."""

from analyzer.baseline.compare import Change, compare
from analyzer.baseline.looking import look
from analyzer.baseline.render import render
from analyzer.baseline.snapshot import CouldNotLook, Snapshot, of_json, to_json
from analyzer.baseline.told import findings

__all__ = ["Change", "CouldNotLook", "Snapshot", "compare", "findings", "look", "of_json", "render", "to_json"]
