"""Expressions (httpd's ap_expr), from text to `plan.expr`.

Three steps, as httpd does them: `scan` cuts the text into tokens, with strings and %{...} taken apart; `Parser` makes
a tree of them and looks names up; `make_test` and `make_word` make the objects that are asked while a request runs.
What is wrong is `Refused` with its place in the text and with httpd's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from evenflow.compiler.findings import Refused
from evenflow.compiler.networks import compile_network
from evenflow.compiler.regex import compile_regex
from evenflow.compiler.texts import to_bytes
from evenflow.origin import NOWHERE, Origin
from evenflow.plan import expr, variables
from evenflow.plan.expr import Condition, Test, Text, Word

MOST_NESTED: Final = 20
"""httpd gives an evaluation up that goes deeper (AP_EXPR_MAX_RECURSION)."""

MOST_OPEN: Final = 200
"""So many parentheses and `not`s may be open; httpd's own limit is some thousands."""

MOST_TEXT: Final = 8192
"""httpd's MAX_STRING_LEN: a string, or a pattern, is shorter."""


def compile_condition(text: str, origin: Origin = NOWHERE) -> Condition:
    """A boolean expression: `<If>`, `Require expr`, `expr=` conditions. Raises `Refused`."""
    parser = Parser(text, scan(text, False), origin)
    tree = parser.whole_condition()
    return Condition(text, make_test(tree, 1), parser.answers)


def compile_requirement(text: str, origin: Origin = NOWHERE) -> Condition:
    """The same in the older language of SSLRequire, whose comparisons are all of one kind. Raises `Refused`."""
    parser = Parser(text, scan(text, False), origin)
    parser.by_length = True
    tree = parser.whole_condition()
    return Condition(text, make_test(tree, 1), parser.answers)


def compile_text(text: str, origin: Origin = NOWHERE) -> Text:
    """Text with %{...} in it: `Header set NAME expr=...`, ErrorDocument. Raises `Refused`."""
    parser = Parser(text, scan(text, True), origin)
    tree = parser.whole_text()
    return Text(text, make_word(tree, 1), parser.answers)


# --- tokens -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is httpd's name for it, or the sign itself; `at` is its place in the text, from 0."""

    kind: str
    text: str
    at: int


SPACE: Final = " \t\n"
DELIMITERS: Final = frozenset("/#$%^,;:_?|-!.'\"")

WORDS: Final = {
    "true": "T_TRUE", "false": "T_FALSE", "and": "T_OP_AND", "or": "T_OP_OR", "not": "T_OP_NOT", "in": "T_OP_IN",
    "eq": "T_OP_EQ", "ne": "T_OP_NE", "lt": "T_OP_LT", "le": "T_OP_LE", "gt": "T_OP_GT", "ge": "T_OP_GE",
    "-in": "T_OP_IN", "-eq": "T_OP_EQ", "-ne": "T_OP_NE", "-lt": "T_OP_LT", "-le": "T_OP_LE", "-gt": "T_OP_GT",
    "-ge": "T_OP_GE",
}  # fmt: skip

SIGNS: Final = (
    ("==", "T_OP_STR_EQ"), ("=~", "T_OP_REG"), ("=", "T_OP_STR_EQ"), ("!=", "T_OP_STR_NE"), ("!~", "T_OP_NRE"),
    ("!", "T_OP_NOT"), ("<=", "T_OP_STR_LE"), ("<", "T_OP_STR_LT"), (">=", "T_OP_STR_GE"), (">", "T_OP_STR_GT"),
    ("&&", "T_OP_AND"), ("||", "T_OP_OR"), (".", "T_OP_CONCAT"), ("(", "("), (")", ")"), ("{", "{"), ("}", "}"),
    (",", ","), (":", ":"),
)  # fmt: skip

NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
OPTION: Final = re.compile(r"-[a-zA-Z_][a-zA-Z0-9_]*")
DIGITS: Final = re.compile(r"-?[0-9]+")
OCTAL: Final = re.compile(r"[0-7]{1,3}")
DECIMAL: Final = re.compile(r"[0-9]+")

ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Scanner:
    """One pass over a text. An error is a token of kind T_ERROR: what stands before it may be wrong as well, and is
    complained about first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.tokens: list[Token] = []

    def put(self, kind: str, text: str, at: int) -> None:
        self.tokens.append(Token(kind, text, at))

    def plain(self) -> None:
        """Everything outside strings and variables."""
        text = self.text
        while self.pos < len(text):
            at = self.pos
            mark = text[at]
            if mark in SPACE:
                self.pos += 1
            elif mark in "\"'":
                self.pos += 1
                self.put("T_STR_BEGIN", mark, at)
                self.string(mark)
            elif text.startswith("%{", at):
                self.variable()
            elif mark == "$" and text[at + 1 : at + 2] in DIGIT:
                self.put("T_REGEX_BACKREF", text[at + 1], at)
                self.pos += 2
            elif mark == "/":
                self.pattern(mark, at, at + 1)
            else:
                self.word_or_sign(mark, at)

    def word_or_sign(self, mark: str, at: int) -> None:
        text = self.text
        found = NAME.match(text, at) or OPTION.match(text, at)
        if mark == "m" and text[at + 1 : at + 2] in DELIMITERS and len(found.group() if found else "") <= 2:
            # `m_` alone begins a pattern, `m_x` is a name: the longer one counts.
            self.pattern(text[at + 1], at, at + 2)
            return
        if found is not None:
            word = found.group()
            self.pos = found.end()
            kind = WORDS.get(word)
            if kind is None:
                kind = "T_ID" if mark != "-" else "T_OP_UNARY" if len(word) == 2 else "T_OP_BINARY"
            self.put(kind, word.lstrip("-"), at)
            return
        found = DIGITS.match(text, at)
        if found is not None:
            self.pos = found.end()
            self.put("T_DIGIT", found.group(), at)
            return
        for sign, kind in SIGNS:
            if text.startswith(sign, at):
                self.pos += len(sign)
                self.put(kind, sign, at)
                return
        self.wrong(f"Parse error near '{mark}'", at)

    def wrong(self, says: str, at: int) -> None:
        """httpd stops reading here."""
        self.put("T_ERROR", says, at)
        self.pos = len(self.text)

    def pattern(self, end: str, at: int, start: int) -> None:
        """A regular expression up to `end`, which nothing escapes; an i may follow."""
        stop = self.text.find(end, start)
        if stop < 0:
            # httpd sees the end of everything here.
            self.put("$end", "", at)
            self.pos = len(self.text)
            return
        found = self.text[start:stop]
        self.pos = stop + 1
        if len(found) >= MOST_TEXT:
            self.wrong("Regexp too long", at)
        elif self.text.startswith("i", self.pos):
            self.pos += 1
            self.put("T_REGEX_I", found, at)
        else:
            self.put("T_REGEX", found, at)

    def string(self, end: str) -> None:
        """What stands in quotes, or with `end` "" a whole text."""
        piece = Piece(self)
        while True:
            if self.pos >= len(self.text):
                if end:
                    self.wrong("Unterminated string or variable", len(self.text))
                else:
                    piece.put_rest()
                return
            mark = self.text[self.pos]
            if end and mark == end:
                piece.flush()
                self.put("T_STR_END", mark, self.pos)
                self.pos += 1
                return
            if not self.inside(piece, mark):
                return

    def inside(self, piece: Piece, mark: str) -> bool:
        """One character, escape, group or variable of a string or of an argument; False behind an error."""
        text = self.text
        at = self.pos
        if mark == "\n":
            self.wrong("Unterminated string or variable", at)
            return False
        if mark == "\\":
            return self.escape(piece)
        if mark == "$" and text[at + 1 : at + 2] in DIGIT:
            piece.flush()
            self.put("T_REGEX_BACKREF", text[at + 1], at)
            self.pos += 2
        elif text.startswith("%{", at):
            piece.flush()
            return self.variable()
        else:
            piece.add(mark)
            self.pos += 1
        if len(piece.text) >= MOST_TEXT:
            self.wrong("String too long", at)
            return False
        return True

    def escape(self, piece: Piece) -> bool:
        at = self.pos
        decimal = DECIMAL.match(self.text, at + 1)
        if decimal is not None:
            octal = OCTAL.match(self.text, at + 1)
            # The longer one counts; alike, the octal one.
            if octal is None or decimal.end() > octal.end():
                self.wrong("Bad escape sequence", at)
                return False
            value = int(octal.group(), 8)
            if value > 0xFF:
                self.wrong("Escape sequence out of bound", at)
                return False
            piece.add_byte(value)
            self.pos = octal.end()
            return True
        letter = self.text[at + 1 : at + 2]
        if not letter:
            # httpd's scanner knows nothing that a lone backslash could be, and ends the program.
            self.wrong("flex scanner jammed", at)
            return False
        piece.add(ESCAPES.get(letter, letter))
        self.pos = at + 2
        return True

    def variable(self) -> bool:
        """%{NAME} or %{function:argument}; False behind an error."""
        text = self.text
        self.put("T_VAR_BEGIN", "%{", self.pos)
        self.pos += 2
        while self.pos < len(text):
            at = self.pos
            name = NAME.match(text, at)
            if name is not None:
                self.put("T_ID", name.group(), at)
                self.pos = name.end()
            elif text[at] == "}":
                self.put("T_VAR_END", "}", at)
                self.pos += 1
                return True
            elif text[at] == ":":
                self.put(":", ":", at)
                self.pos += 1
                return self.argument()
            elif text[at] == "\n":
                self.wrong("Unterminated string or variable", at)
                return False
            else:
                self.wrong(f"Invalid character in variable name '{text[at]}'", at)
                return False
        self.wrong("Unterminated string or variable", len(text))
        return False

    def argument(self) -> bool:
        piece = Piece(self)
        while self.pos < len(self.text):
            mark = self.text[self.pos]
            if mark == "}":
                piece.flush()
                self.put("T_VAR_END", "}", self.pos)
                self.pos += 1
                return True
            if mark in "\"'":
                # httpd's scanner has no rule for a quote here, and ends the program.
                self.wrong("flex scanner jammed", self.pos)
                return False
            if not self.inside(piece, mark):
                return False
        self.wrong("Unterminated string or variable", len(self.text))
        return False


class Piece:
    """Literal text that is being collected; `\\ooo` escapes are bytes and need not be UTF-8."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.text = ""
        self.at = scanner.pos

    def add(self, text: str) -> None:
        if not self.text:
            self.at = self.scanner.pos
        self.text += text

    def add_byte(self, value: int) -> None:
        self.add(bytes([value]).decode("utf-8", "surrogateescape"))

    def flush(self) -> None:
        """Whatever there is becomes a token."""
        if self.text:
            self.put_rest()

    def put_rest(self) -> None:
        # A NUL ends a text in C.
        self.scanner.put("T_STRING", self.text.partition("\0")[0], self.at)
        self.text = ""


DIGIT: Final = tuple("0123456789")


def scan(text: str, as_text: bool) -> list[Token]:
    """The tokens of an expression, or of a text with variables in it, and `$end`."""
    scanner = Scanner(text)
    if as_text:
        scanner.string("")
    else:
        scanner.plain()
    scanner.put("$end", "", len(text))
    return scanner.tokens


# --- the tree -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A word or a condition: what it is, what it is made from, and what it asks for."""

    kind: str
    parts: tuple[Node, ...] = ()
    payload: object = None


COMPARISONS: Final = {
    "T_OP_STR_EQ": (expr.EQUAL, False), "T_OP_STR_NE": (expr.NOT_EQUAL, False), "T_OP_STR_LT": (expr.LESS, False),
    "T_OP_STR_LE": (expr.LESS_EQUAL, False), "T_OP_STR_GT": (expr.GREATER, False),
    "T_OP_STR_GE": (expr.GREATER_EQUAL, False), "T_OP_EQ": (expr.EQUAL, True), "T_OP_NE": (expr.NOT_EQUAL, True),
    "T_OP_LT": (expr.LESS, True), "T_OP_LE": (expr.LESS_EQUAL, True), "T_OP_GT": (expr.GREATER, True),
    "T_OP_GE": (expr.GREATER_EQUAL, True),
}  # fmt: skip

SHELL_PATTERNS: Final = {"fnmatch": (True, False), "strmatch": (False, False), "strcmatch": (False, True)}
"""(only a slash matches a slash, in any case)"""

UNSUPPORTED_FUNCTIONS: Final = {"ldap": "it escapes text for an LDAP filter, and evenflow asks no LDAP server"}


class Parser:
    """Makes one tree of the tokens; `answers` says afterwards whether it looks at the answer."""

    def __init__(self, text: str, tokens: list[Token], origin: Origin) -> None:
        self.text = text
        self.origin = origin
        self.tokens = tokens
        self.index = 0
        self.open = 0
        self.answers = False
        self.by_length = False
        """The language is SSLRequire's."""

    # Errors.

    def refused(self, code: str, why: str, at: int, says: str, help: str = "") -> Refused:
        notes = (f"httpd says: {says}",) if says else ()
        return Refused(code, f"{why} (character {at + 1} of `{self.text}`)", notes=notes, help=help)

    def unexpected(self) -> Refused:
        token = self.tokens[self.index]
        if token.kind == "T_ERROR":
            return self.refused("expression-malformed", readable(token.text), token.at, token.text)
        what = f"`{token.text}` cannot stand here" if token.kind != "$end" else "something is missing at the end"
        before = self.tokens[self.index - 1] if self.index else None
        help = ""
        if before is not None and before.kind == "T_ID" and token.kind != "(":
            help = f"put a text into quotes: `'{before.text}'`, and a variable into braces: `%{{{before.text}}}`"
        unexpected = f"'{token.kind}'" if len(token.kind) == 1 else token.kind
        return self.refused("expression-malformed", what, token.at, f"syntax error, unexpected {unexpected}", help)

    # Tokens.

    @property
    def next(self) -> str:
        return self.tokens[self.index].kind

    def take(self, kind: str) -> Token:
        """The next token, which must be of this kind."""
        token = self.tokens[self.index]
        if token.kind != kind:
            raise self.unexpected()
        self.index += 1
        return token

    def deeper(self) -> None:
        self.open += 1
        if self.open > MOST_OPEN:
            at = self.tokens[self.index].at
            raise self.refused("expression-too-deep", f"more than {MOST_OPEN} things are open at once", at, "")

    # Conditions.

    def whole_condition(self) -> Node:
        tree = self.alternatives()
        self.take("$end")
        return tree

    def alternatives(self) -> Node:
        parts = [self.conjunction()]
        while self.next == "T_OP_OR":
            self.index += 1
            parts.append(self.conjunction())
        return chain("or", parts)

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.next == "T_OP_AND":
            self.index += 1
            parts.append(self.negation())
        return chain("and", parts)

    def negation(self) -> Node:
        if self.next != "T_OP_NOT":
            return self.condition()
        self.index += 1
        self.deeper()
        negated = self.negation()
        self.open -= 1
        return Node("not", (negated,))

    def condition(self) -> Node:
        kind = self.next
        if kind in ("T_TRUE", "T_FALSE"):
            self.index += 1
            return Node("constant", (), kind == "T_TRUE")
        if kind == "(":
            self.index += 1
            self.deeper()
            inner = self.alternatives()
            self.open -= 1
            self.take(")")
            return inner
        if kind == "T_OP_UNARY":
            return self.unary(self.take(kind))
        word = self.word()
        token = self.tokens[self.index]
        kind = token.kind
        if kind in COMPARISONS:
            self.index += 1
            sign, numbers = COMPARISONS[kind]
            if self.by_length:
                return Node("by length", (word, self.word()), (sign,))
            return Node("compared", (word, self.word()), (sign, numbers))
        if kind in ("T_OP_REG", "T_OP_NRE"):
            self.index += 1
            return Node("matched", (word,), (self.pattern(), kind == "T_OP_NRE"))
        if kind == "T_OP_IN":
            self.index += 1
            return Node("in", (word, *self.word_list()))
        if kind == "T_OP_BINARY":
            self.index += 1
            return self.binary(token, word, self.word())
        raise self.unexpected()

    def unary(self, token: Token) -> Node:
        name = token.text
        word = self.word()
        if name == "R":
            return Node("within", (), self.network(name, word, token.at))
        if name not in expr.OPERATORS:
            raise self.refused(
                "operator-unknown",
                f"there is no operator `-{name}`",
                token.at,
                f"Unary operator '-{name}' does not exist",
                help=f"known are {', '.join(f'`-{known}`' for known in (*expr.OPERATORS, 'R'))}",
            )
        return Node("tried", (word,), expr.OPERATORS[name])

    def binary(self, token: Token, left: Node, right: Node) -> Node:
        name = token.text.lower()
        if name == "ipmatch":
            return Node("within", (left,), self.network(token.text, right, token.at))
        found = SHELL_PATTERNS.get(name)
        if found is None:
            raise self.refused(
                "operator-unknown",
                f"there is no operator `-{token.text}`",
                token.at,
                f"Binary operator '-{token.text}' does not exist",
                help=f"known are `-in`, `-ipmatch`, {', '.join(f'`-{known}`' for known in SHELL_PATTERNS)} and "
                "`-eq` with its relatives",
            )
        return Node("shell", (left, right), found)

    def network(self, name: str, word: Node, at: int) -> tuple[int, int, int]:
        """The address range that a constant word names."""
        if word.kind != "literal":
            raise self.refused(
                "subnet-not-constant",
                f"`-{name}` needs an address or a network in quotes: it is read when the server starts",
                at,
                f"-{name} requires subnet/netmask as constant argument",
            )
        try:
            network = compile_network(str(word.payload))
        except Refused as wrong:
            raise self.refused("address-malformed", wrong.headline, at, "parsing of subnet/netmask failed") from None
        return network.bits, network.address, network.mask

    def pattern(self) -> Any:
        """The compiled pattern."""
        token = self.tokens[self.index]
        if token.kind not in ("T_REGEX", "T_REGEX_I"):
            raise self.unexpected()
        self.index += 1
        try:
            return compile_regex(token.text, token.kind == "T_REGEX_I", self.origin)
        except Refused as wrong:
            says = "Failed to compile regular expression" if wrong.code == "pattern-malformed" else ""
            raise self.refused(wrong.code, wrong.headline, token.at, says, wrong.help) from None

    def word_list(self) -> list[Node]:
        if self.next != "{":
            token = self.take("T_ID")
            self.take("(")
            self.word()
            self.take(")")
            if token.text.lower() == "peerextlist":
                raise self.refused(
                    "function-not-supported",
                    "evenflow does not read extensions of client certificates: `PeerExtList`",
                    token.at,
                    "",
                )
            raise self.refused(
                "function-unknown",
                f"there is no function `{token.text}` that gives a list",
                token.at,
                f"List-returning function '{token.text}' does not exist",
                help="write the words: `{'a', 'b'}`",
            )
        self.index += 1
        words = [self.word()]
        while self.next == ",":
            self.index += 1
            words.append(self.word())
        self.take("}")
        return words

    # Words.

    def word(self) -> Node:
        words = [self.one_word()]
        while self.next == "T_OP_CONCAT":
            self.index += 1
            words.append(self.one_word())
        tree = words.pop()
        while words:
            tree = Node("concat", (words.pop(), tree))
        return tree

    def one_word(self) -> Node:
        token = self.tokens[self.index]
        kind = token.kind
        if kind == "T_DIGIT":
            self.index += 1
            # A number is no text for those who want a constant text.
            return Node("digits", (), token.text)
        if kind == "T_REGEX_BACKREF" or kind == "T_VAR_BEGIN":
            return self.part()
        if kind == "T_STR_BEGIN":
            self.index += 1
            inner = Node("literal", (), "") if self.next == "T_STR_END" else self.string("T_STR_END")
            self.take("T_STR_END")
            return inner
        if kind == "T_ID":
            self.index += 1
            self.take("(")
            self.deeper()
            argument = self.word()
            self.open -= 1
            self.take(")")
            return self.function(token, argument)
        raise self.unexpected()

    def whole_text(self) -> Node:
        tree = self.string("$end")
        self.take("$end")
        return tree

    def string(self, end: str) -> Node:
        tree = self.part()
        while self.next != end:
            tree = Node("concat", (tree, self.part()))
        return tree

    def part(self) -> Node:
        token = self.tokens[self.index]
        self.index += 1
        if token.kind == "T_STRING":
            return Node("literal", (), token.text)
        if token.kind == "T_REGEX_BACKREF":
            return Node("group", (), int(token.text))
        if token.kind != "T_VAR_BEGIN":
            self.index -= 1
            raise self.unexpected()
        name = self.take("T_ID")
        if self.next == "T_VAR_END":
            self.index += 1
            return self.variable(name)
        self.take(":")
        self.deeper()
        argument = self.string("T_VAR_END")
        self.open -= 1
        self.take("T_VAR_END")
        return self.function(name, argument)

    def variable(self, token: Token) -> Node:
        name = token.text.upper()
        row = variables.IN_EXPRESSIONS.get(name)
        if row is None:
            row = self.tls_variable(token, name)
        self.answers = self.answers or name in variables.OF_THE_ANSWER
        return Node("looked", (), (row, variables.HEADER_OF.get(name, b""), variables.FIELD_NAMES.get(name, b"")))

    def tls_variable(self, token: Token, name: str) -> variables.Variable:
        found = variables.tls_row(name)
        if found is not None:
            return found
        if name.startswith("SSL_"):
            raise self.refused(
                "variable-not-supported",
                f"evenflow cannot look up `%{{{token.text}}}` yet",
                token.at,
                "",
                help="`%{SSL_PROTOCOL}`, `%{SSL_CLIENT_S_DN_CN}` and their like are there",
            )
        raise self.refused(
            "variable-unknown",
            f"there is no variable `{token.text}`",
            token.at,
            f"Variable '{token.text}' does not exist",
            help=f"write `%{{HTTP:{token.text}}}` for a field, `%{{ENV:{token.text}}}` for a variable that was set",
        )

    def function(self, token: Token, argument: Node) -> Node:
        name = token.text.lower()
        if name == "ssl" and argument.kind == "literal":
            wanted = str(argument.payload)
            if not wanted.upper().startswith("SSL_") and variables.tls_row(wanted) is None:
                # mod_ssl gives nothing for a name that it does not know.
                return Node("literal", (), "")
            return Node("looked", (), (self.tls_variable(Token("T_ID", wanted, token.at), wanted.upper()), b"", b""))
        found = expr.FUNCTIONS.get(name)
        if found is not None:
            self.answers = self.answers or name in expr.ANSWERING
            return Node("called", (argument,), found)
        why = UNSUPPORTED_FUNCTIONS.get(name)
        if why is not None or name == "ssl":
            raise self.refused(
                "function-not-supported",
                f"evenflow does not have the function `{token.text}`: {why or 'its argument must be a name'}",
                token.at,
                "",
            )
        raise self.refused(
            "function-unknown",
            f"there is no function `{token.text}`",
            token.at,
            f"Function '{token.text}' does not exist",
            help=f"known are {', '.join(f'`{known}`' for known in expr.FUNCTIONS)}",
        )


def readable(says: str) -> str:
    """httpd's words for a token that cannot be read, in ours."""
    if says.startswith("Unterminated"):
        return "a quote or a `%{` is not closed"
    if says.startswith("Bad escape") or says.startswith("Escape"):
        return "behind a backslash stands no octal number up to 377"
    if says.startswith("flex"):
        return "a quote inside `%{...:...}`, or a backslash at the very end, ends httpd's program"
    return says[0].lower() + says[1:]


def chain(kind: str, parts: list[Node]) -> Node:
    """`a or b or c`: as httpd has it, what is last may be a chain of the same kind itself and belongs to it."""
    if len(parts) == 1:
        return parts[0]
    last = parts[-1]
    if last.kind == kind:
        parts = [*parts[:-1], *last.parts]
    return Node(kind, tuple(parts))


# --- what is asked while a request runs -----------------------------------------------------------------------------


def make_test(node: Node, depth: int) -> Test:
    """The condition of a node. `depth` is how deep httpd's evaluation is nested there."""
    if depth > MOST_NESTED:
        return expr.TooDeep()
    kind = node.kind
    if kind == "constant":
        return expr.Constant(bool(node.payload))
    if kind == "not":
        inner = make_test(node.parts[0], depth)
        return expr.Constant(not inner.value) if isinstance(inner, expr.Constant) else expr.Not(inner)
    if kind == "and" or kind == "or":
        tests = []
        for part in node.parts[:-1]:
            inside = part.parts[0] if part.kind == "not" else part
            test = make_test(inside, depth + 1)
            tests.append(expr.Not(test) if part.kind == "not" else test)
        tests.append(make_test(node.parts[-1], depth))
        return expr.All(tuple(tests)) if kind == "and" else expr.Any_(tuple(tests))
    words = tuple(make_word(part, depth + 1) for part in node.parts)
    payload = node.payload
    if kind == "in":
        return expr.In(words[0], words[1:])
    assert isinstance(payload, tuple)
    if kind == "compared":
        return folded(expr.Compared(words[0], words[1], *payload))
    if kind == "by length":
        return expr.ByLength(words[0], words[1], *payload)
    if kind == "matched":
        pattern, negated = payload
        return expr.Matched(words[0], pattern, pattern.groups > 0, negated)
    if kind == "within":
        return expr.Within(words[0] if words else None, *payload)
    if kind == "shell":
        return expr.Shell(words[0], words[1], *payload)
    assert kind == "tried"
    operator, depends = payload
    return expr.Tried(operator, depends, words[0])


def folded(test: expr.Compared) -> Test:
    """A comparison of two constant texts is decided here."""
    left, right = test.left, test.right
    if not isinstance(left, expr.Literal) or not isinstance(right, expr.Literal):
        return test
    if test.numbers:
        return expr.Constant(expr.compared(test.sign, expr.number(left.text), expr.number(right.text)))
    return expr.Constant(expr.compared(test.sign, left.text, right.text))


def make_word(node: Node, depth: int) -> Word:
    """The word of a node."""
    if depth > MOST_NESTED:
        return expr.TooDeep()
    kind = node.kind
    if kind == "literal" or kind == "digits":
        return expr.Literal(to_bytes(str(node.payload)))
    if kind == "group":
        assert isinstance(node.payload, int)
        return expr.Group(node.payload)
    if kind == "concat":
        return make_joined(node, depth)
    parts = tuple(make_word(part, depth + 1) for part in node.parts)
    assert isinstance(node.payload, tuple)
    if kind == "looked":
        return expr.Looked(*node.payload)
    assert kind == "called"
    function, depends = node.payload
    return expr.Called(function, depends, parts[0])


def make_joined(node: Node, depth: int) -> Word:
    """Words behind each other. httpd unrolls what is nested to the left, as in a string, and asks it from its back; or
    what is nested to the right, and asks it from its front."""
    chain: list[Node] = []
    backwards = node.parts[0].kind == "concat"
    if backwards:
        while node.kind == "concat":
            chain.append(node.parts[1])
            node = node.parts[0]
        chain.append(node)
        chain.reverse()
    else:
        while node.kind == "concat":
            chain.append(node.parts[0])
            node = node.parts[1]
        chain.append(node)
    words = tuple(make_word(part, depth + 1) for part in chain)
    if all(isinstance(word, expr.Literal) for word in words):
        return expr.Literal(b"".join(word.text for word in words if isinstance(word, expr.Literal)))
    return expr.Joined(words, backwards)
