"""The grammar of a message structure, as text and as a tree: [ ] optional, { } repeats, A,B choice, NAME(…) group."""

import re
from dataclasses import dataclass, field

WORD = re.compile(r"[A-Za-z0-9_/]+")


@dataclass
class Node:
    kind: str  # segment, group or choice
    name: str = ""
    optional: bool = False
    repeats: bool = False
    children: list = field(default_factory=list)

    def segments(self):
        if self.kind == "segment":
            return [self.name]
        return [name for child in self.children for name in child.segments()]


class _Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def peek(self):
        return self.text[self.at:self.at + 1]

    def take(self, sign):
        if self.peek() != sign:
            raise ValueError(f"{sign!r} expected at {self.at}: {self.text[max(0, self.at - 40):self.at + 20]}")
        self.at += 1

    def sequence(self, end):
        nodes = []
        while True:
            while self.peek() == " ":
                self.at += 1
            if self.peek() == end:
                return nodes
            nodes.append(self.choice(end))

    def choice(self, end):
        first = self.element()
        if self.peek() != ",":
            return first
        options = [first]
        while self.peek() == ",":
            self.at += 1
            options.append(self.element())
        return Node("choice", children=options)

    def element(self):
        sign = self.peek()
        if sign in "[{" and sign:
            close = {"[": "]", "{": "}"}[sign]
            self.at += 1
            inside = self.sequence(close)
            self.take(close)
            node = inside[0] if len(inside) == 1 else Node("group", children=inside)
            node.optional |= sign == "["
            node.repeats |= sign == "{"
            return node
        name = WORD.match(self.text, self.at)
        if name:
            self.at = name.end()
        if self.peek() == "(":
            self.at += 1
            node = Node("group", name.group(0) if name else "", children=self.sequence(")"))
            self.take(")")
            return node
        if not name and self.peek() != "," and self.peek() not in "]})":
            raise ValueError(f"unexpected {self.peek()!r} at {self.at}: {self.text[:80]}")
        return Node("segment", name.group(0) if name else "")  # nameless: a choice whose options were lost


def parse(text):
    reader = _Reader(text)
    return Node("group", children=reader.sequence(""))


def text_of(node):
    if node.kind == "segment":
        body = node.name
    elif node.kind == "choice":
        body = ",".join(text_of(child) for child in node.children)
    else:
        body = f"{node.name}({' '.join(text_of(child) for child in node.children)})"
    if node.repeats:
        body = "{" + body + "}"
    return "[" + body + "]" if node.optional else body


def text_of_message(root):
    return " ".join(text_of(child) for child in root.children)


def groups(node, path=()):
    """(path of names, group) for every group below."""
    for child in node.children:
        here = path
        if child.kind == "group":
            yield path, child
            here = (*path, child.name)
        yield from groups(child, here)


def restore_choices(root, known):
    """A nameless group of single segments that an older version offers as a choice is that choice."""
    choices = [set(child.segments()) for _, group in groups(known) for child in group.children if child.kind == "choice"]
    for _, group in groups(root):
        mine = set(group.segments())
        plain = all(child.kind == "segment" and not child.repeats for child in group.children)
        if not group.name and plain and any(len(mine & other) * 2 > len(mine | other) for other in choices):
            group.kind = "choice"
            for child in group.children:
                child.optional = False


def name_groups(root, known):
    """Names the nameless groups of `root` after those of `known`: same place (or anywhere), most segments in common."""
    named = [(path, group) for path, group in groups(known) if group.name]

    def likeness(path, group, other_path, other):
        mine, theirs = group.segments(), other.segments()
        if not mine or not theirs or mine[0] != theirs[0]:
            return 0
        shared = len(set(mine) & set(theirs)) / len(set(mine) | set(theirs))
        return shared + 1 if path == other_path else shared * (shared > 0.7)

    def visit(node, path):
        used = set()
        for child in node.children:
            here = path
            if child.kind == "group":
                if not child.name:
                    best = max(((likeness(path, child, p, g), -n, g.name) for n, (p, g) in enumerate(named)
                                if g.name not in used), default=(0, 0, ""))
                    child.name = best[2] if best[0] >= 0.5 else ""
                used.add(child.name)
                here = (*path, child.name)
            visit(child, here)

    visit(root, ())
