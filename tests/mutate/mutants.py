"""The mutants of a C source: one operator, constant or statement changed at a time."""
import collections
import random
import re

# A way to read C that is good enough for this house: each token is what it looks like, longest first.
TOKEN = re.compile(r"""
    (?P<blank>   \s+ | //[^\n]* | /\*.*?\*/ | (?m:^[ \t]*\#(?:\\\n|[^\n])*) )
  | (?P<text>    (?:u8|[uUL])?"(?:\\.|[^"\\\n])*" | [uUL]?'(?:\\.|[^'\\\n])*' )
  | (?P<number>  \.?[0-9](?:[eEpP][+-]|[\w.])* )
  | (?P<word>    [A-Za-z_]\w* )
  | (?P<sign>    <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|. )
""", re.X | re.S)
Token = collections.namedtuple("Token", "kind text start end")
Mutant = collections.namedtuple("Mutant", "path function line start end new before after")

SWAPS = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",),
         "+": ("-",), "-": ("+",), "+=": ("-=",), "-=": ("+=",), "!": ("",), "0": ("1",), "1": ("0", "2")}
CONTROL = {"if", "for", "while", "switch"}
NO_CALL = CONTROL | {"return", "sizeof", "do", "else", "case", "goto"}


def tokens_of(source):
    """What the compiler sees of a source, without comments and preprocessor lines."""
    return [Token(found.lastgroup, found[0], *found.span()) for found in TOKEN.finditer(source) if found.lastgroup != "blank"]


def closings(tokens):
    """Where each parenthesis or brace that opens closes, by the index of its token."""
    pairs, open_ones = {}, []
    for i, token in enumerate(tokens):
        if token.kind == "sign" and token.text in "({":
            open_ones.append(i)
        elif token.kind == "sign" and token.text in ")}" and open_ones:
            pairs[open_ones.pop()] = i
    return pairs


def functions(tokens, pairs):
    """The name of the function or table that each token is in; None between them."""
    openings = {close: opening for opening, close in pairs.items()}
    names, i = [None] * len(tokens), 0
    while i < len(tokens):
        if tokens[i].text == "{" and i in pairs:
            last = i - 1
            if tokens[last].text == "=":  # a table: its name is in front of its bounds
                last = next(k for k in range(last - 1, -1, -1) if tokens[k].kind == "word" and tokens[k + 1].text in "[=")
            elif tokens[last].text == ")":
                last = openings[last] - 1
            names[i:pairs[i] + 1] = [tokens[last].text] * (pairs[i] + 1 - i)
            i = pairs[i]
        i += 1
    return names


def call_end(tokens, pairs, i):
    """The index of the `;` of the statement at i when that is nothing but a call; else None."""
    opened_by = {close: opening for opening, close in pairs.items()}
    before = tokens[i - 1]
    if before.text == ")" and tokens[opened_by.get(i - 1, 1) - 1].text not in CONTROL or before.text not in (";", "{", "}", ")", "else", ":"):
        return None
    if [token.text for token in tokens[i:i + 3]] == ["(", "void", ")"]:
        i += 3
    if tokens[i].kind != "word" or tokens[i].text in NO_CALL:
        return None
    while tokens[i + 1].text in (".", "->") and tokens[i + 2].kind == "word":
        i += 2
    end = pairs.get(i + 1, i) + 1
    return end if tokens[i + 1].text == "(" and tokens[end].text == ";" else None


def changes(tokens, pairs, i):
    """(first token, last token, new text) of each change that begins at token i."""
    text, following = tokens[i].text, tokens[i + 1].text if i + 1 < len(tokens) else ""
    if tokens[i].kind in ("sign", "number"):
        yield from ((i, i, new) for new in SWAPS.get(text, ()))
    elif text == "return" and following in ("true", "false"):
        yield i + 1, i + 1, "false" if following == "true" else "true"
    elif text in ("break", "continue") and following == ";":
        yield i, i, ""
    end = call_end(tokens, pairs, i)
    if end is not None:
        yield i, end, ";"


def mutants_of(path, source):
    tokens = tokens_of(source)
    pairs = closings(tokens)
    names, found = functions(tokens, pairs), []
    for i in range(len(tokens)):
        for first, last, new in changes(tokens, pairs, i) if names[i] else ():
            start, end = tokens[first].start, tokens[last].end
            left, right = source.rfind("\n", 0, start) + 1, (source + "\n").find("\n", end)
            before, after = (" ".join(text.split()) for text in (source[left:right], source[left:start] + new + source[end:right]))
            found.append(Mutant(path, names[i], source.count("\n", 0, start) + 1, start, end, new, before, after))
    return found


def apply(mutant, source):
    return source[:mutant.start] + mutant.new + source[mutant.end:]


def name(mutant):
    """What stays the same of a mutant when lines are moved."""
    return mutant.path, mutant.function, mutant.before, mutant.after


def drawn(sources, seed):
    """All mutants of {path: source}, in an order that the seed says: a file after the other, one of each, again and again.
    What is drawn of a file depends on that file and the seed only."""
    decks = []
    for path in sorted(sources):
        deck = mutants_of(path, sources[path])
        random.Random(f"{seed} {path}").shuffle(deck)
        decks.append(deck)
    random.Random(seed).shuffle(decks)
    for depth in range(max(map(len, decks), default=0)):
        yield from (deck[depth] for deck in decks if depth < len(deck))


def equivalent(text):
    """{(path, function, before, after): reason} of a list of changes that are no faults; see equivalent.txt."""
    listed = {}
    for block in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.M).strip()):
        if block:
            place, before, after, *reason = block.splitlines()
            assert before.startswith("- ") and after.startswith("+ ") and reason, f"not understood: {block}"
            listed[(*place.split(), before[2:], after[2:])] = " ".join(reason)
    return listed
