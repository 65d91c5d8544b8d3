"""The g++ 12.2 rule: in a full expression with co_await stands no temporary aggregate, no lambda and no `?:`.

g++ 12.2 destroys those twice, silently (architecture.md, Toolchain). What is checked is the text: to the right of the
first `=` (in the whole statement, where there is none) a statement that awaits holds no `[`, `{` or `?`. The brace that
opens a block after a condition is no part of the expression; the body of a lambda is read on its own.
"""

import re

from tree import line_of, without_words

TOKEN = re.compile(r"[A-Za-z_]\w*|[-+*/%&|^!=<>]=|->|::|&&|\|\||\S")
CONTROL = {"if", "while", "for", "switch"}
OPENS_TYPE = {"class", "struct", "union", "enum", "namespace"}
CLOSING = {"(": ")", "[": "]", "{": "}"}


def hazards(text):
    """Lines of the statements that await beside a hazard, each with the sign that was met."""
    clean = re.sub(r"^[ \t]*#.*(?:\\\n.*)*$", "", without_words(text), flags=re.MULTILINE)
    tokens = [(match.group(0), match.start()) for match in TOKEN.finditer(clean)]
    found = []
    _statements(tokens, 0, found)
    return sorted({(line_of(clean, position), sign) for position, sign in found})


def _statements(tokens, at, found):
    """Reads statements from `at` to the end of the block; returns the position behind it."""
    statement = []
    while at < len(tokens):
        word = tokens[at][0]
        if word == "}":
            _judge(statement, found)
            return at + 1
        if word == ";":
            _judge(statement, found)
            statement = []
            at += 1
        elif word == "{" and _opens_block(statement):
            _judge(statement, found)
            statement = []
            at = _statements(tokens, at + 1, found)
        elif word in CLOSING:
            inside = []
            at = _group(tokens, at, inside, found)
            if word == "(" and statement and _control(statement):
                for part in _parts(inside[1:-1]):
                    _judge(part, found)
                statement = []
                if at < len(tokens) and tokens[at][0] == "{":
                    at = _statements(tokens, at + 1, found)
            else:
                statement += inside
        else:
            statement.append(tokens[at])
            at += 1
    _judge(statement, found)
    return at


def _group(tokens, at, into, found):
    """Copies a bracketed group into `into`; bodies of lambdas are read as blocks of their own and left out."""
    opening = tokens[at][0]
    into.append(tokens[at])
    at += 1
    while at < len(tokens) and tokens[at][0] != CLOSING[opening]:
        word = tokens[at][0]
        if word == "{" and _opens_lambda(into):
            into.append(tokens[at])
            at = _statements(tokens, at + 1, found)
            into.append(("}", tokens[at - 1][1]))
        elif word in CLOSING:
            at = _group(tokens, at, into, found)
        else:
            into.append(tokens[at])
            at += 1
    if at < len(tokens):
        into.append(tokens[at])
    return at + 1


def _control(statement):
    words = [word for word, _ in statement]
    return words[-1] in CONTROL or words[-2:] == ["if", "constexpr"]


def _parts(tokens):
    part = []
    for token in tokens:
        if token[0] == ";":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _words(tokens):
    return [word for word, _ in tokens]


def _opens_block(statement):
    """Whether a `{` after these tokens begins a block or a body rather than a braced list."""
    words = _outermost(_words(statement))
    if not words:
        return True
    assigns = "=" in words and "operator" not in words
    if words[-1] in {"else", "do", "try", ":", '"'} or OPENS_TYPE & set(words) and not assigns:
        return True
    if _opens_lambda(statement):
        return True
    return ")" in words and not assigns and _ends_function_head(words)


def _outermost(words):
    """The words without what stands inside brackets; the brackets stay."""
    kept, depth = [], 0
    for word in words:
        depth -= word in CLOSING.values()
        if depth == 0:
            kept.append(word)
        depth += word in CLOSING
    return kept


def _opens_lambda(tokens):
    """Whether the tokens end in what stands before a lambda's body: `[…]`, `(…) mutable`, `(…) -> Task<T>`."""
    words = _words(tokens)
    tail = 0
    while tail < len(words) and re.match(r"[A-Za-z_]\w*$|[<>:*&,]$|::|->|&&", words[-1 - tail]):
        tail += 1
        if tail > 24:
            break
    rest, ending = words[:len(words) - tail], words[len(words) - tail:]
    if ending and "->" not in ending and not set(ending) <= {"mutable", "noexcept", "const"}:
        return False
    if not rest:
        return False
    if rest[-1] == "]":
        return not ending and _captures(rest, len(rest) - 1)
    if rest[-1] == ")":
        opening = _opening(rest, len(rest) - 1)
        return opening > 0 and rest[opening - 1] == "]" and _captures(rest, opening - 1)
    return False


def _captures(words, closing):
    """Whether the `]` at `closing` ends a lambda's captures and not a subscript."""
    opening = _opening(words, closing)
    return opening >= 0 and (opening == 0 or not re.match(r"[\w)\]]", words[opening - 1][-1]) or words[opening - 1] in {"return", "co_return", "co_await"})


def _opening(words, closing):
    pairs = {")": "(", "]": "[", "}": "{"}
    depth = 0
    for at in range(closing, -1, -1):
        if words[at] in pairs:
            depth += 1
        elif words[at] in pairs.values():
            depth -= 1
            if depth == 0:
                return at
    return -1


def _ends_function_head(words):
    """`name(…) const noexcept`, `name(…) -> T`, `Name(…) : member_(x)`; no braced list follows these."""
    if words[-1] == ")" or words[-1] in {"const", "noexcept", "override", "final", "mutable"}:
        return True
    return "->" in words and words.index("->") > words.index(")")


def _judge(statement, found):
    words = _words(statement)
    if "co_await" not in words:
        return
    start, depth = 0, 0
    for at, word in enumerate(words):
        depth += word in CLOSING
        depth -= word in CLOSING.values()
        if word == "=" and depth == 0:
            start = at + 1
            break
    if "co_await" not in words[start:]:
        return
    for word, position in statement[start:]:
        if word in {"[", "{", "?"}:
            found.append((position, word))
            return


def awaiting_statements(tree):
    """no braced list, lambda or ?: in an expression with co_await (g++ 12.2 destroys them twice)"""
    for name in tree.code():
        for number, sign in hazards(tree.text(name)):
            yield f"{name}:{number}: `{sign}` in an expression with co_await; name the object first, then std::move it"


RULES = [awaiting_statements]
