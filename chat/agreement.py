"""Whether a statement contradicts the passages that it cites: in figures, names, negation or direction.

Both are cut into clauses. A clause of the statement is held against the clauses that share most of its
words; sharing words is necessary for a contradiction, since otherwise they speak of different things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat.clauses import SAME_STATEMENT, SAME_SUBJECT, Clause, clause_of, clauses, content_terms, nearest
from chat.names import first_capital, names_in
from chat.opposites import OPPOSITES
from search import analysis, figures
from search.folding import fold

SHORT_CLAUSE = 3


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``code`` is a reason of ``chat.reasons``; ``detail`` the words it is about. ``certain`` where the
    passages say otherwise, not only where they are silent."""

    code: str
    detail: str
    certain: bool


def disagreement(claim: str, passages: Sequence[str], context: str = "") -> Disagreement | None:
    """The gravest way in which ``claim`` and the passages differ, ``None`` for none.

    ``context`` are titles and headings above the passages: what they name need not be said again.
    """
    together = "\n".join([*passages, context])
    said = clauses(claim)
    theirs = clauses("\n\n".join(passages))
    found = [_figures_differ(claim, together, said, theirs), _negation_differs(said, theirs)]
    found += [_opposite(said, theirs), _names_differ(claim, together, said, theirs)]
    present = [difference for difference in found if difference is not None]
    return min(present, key=lambda difference: not difference.certain, default=None)


def _figures_differ(
    claim: str, together: str, said: Sequence[Clause], theirs: Sequence[Clause]
) -> Disagreement | None:
    held = figures.held(together)
    wanted = figures.claimed(claim)
    missing = [figure for figure in wanted if figure.value not in held]
    instead = next(filter(None, (_instead(clause, theirs) for clause in said)), None)
    if not missing:
        return Disagreement("figure_elsewhere", instead, certain=True) if instead else None
    hard = [figure for figure in wanted if not figure.soft]
    none_agrees = bool(hard) and all(figure.value not in held for figure in hard)
    return Disagreement("figure_missing", missing[0].shown.strip(), none_agrees or instead is not None)


def _instead(said: Clause, theirs: Sequence[Clause]) -> str | None:
    """A figure of ``said`` in whose place the passages give another one of its kind."""
    wanted = {figure.value: figure for figure in figures.claimed(said.text)}
    near = nearest(said, theirs, SAME_SUBJECT) if wanted else []
    given = [figure for clause in near for figure in figures.claimed(clause.text)]
    for figure in wanted.values():
        others = [other for other in given if other.value not in wanted and other.kind == figure.kind]
        if others and not any(figure.value in clause.figures for clause in near):
            return figure.shown.strip()
    return None


def _negation_differs(said: Sequence[Clause], theirs: Sequence[Clause]) -> Disagreement | None:
    agreed: list[Clause] = []
    against: list[Clause] = []
    for clause in said:
        near = _same_statement(clause, theirs) if len(clause.terms) >= 2 else []
        same = [other for other in near if other.negated == clause.negated]
        contrary = _negated_part(clause, same[0], theirs) if same else None
        if contrary is not None:
            against.append(contrary)
        elif same:
            agreed += near
        elif near and _only_negation_differs(clause, near[0], theirs):
            against.append(near[0])
    found = next((other for other in against if other not in agreed), None)
    return Disagreement("negation", found.text.strip(), certain=True) if found else None


def _only_negation_differs(said: Clause, near: Clause, theirs: Sequence[Clause]) -> bool:
    """Where each has words that the other lacks, "pay nothing" may stand for "is free"."""
    own = said.terms.keys() - near.terms.keys()
    others = near.terms.keys() - said.terms.keys()
    if own and any(not analysis.is_single(term) for term in others):
        return False
    return _negated_part(replace(said, negated=not said.negated), near, theirs) is None


def _same_statement(said: Clause, theirs: Sequence[Clause]) -> list[Clause]:
    """Clauses that hold most of ``said``, and those that ``said`` holds: their subject may stand before."""
    within = [
        other
        for other in theirs
        if len(other.terms) >= 2 and sum(term in said.terms for term in other.terms) >= 0.8 * len(other.terms)
    ]
    return [*nearest(said, theirs, SAME_STATEMENT), *within]


def _negated_part(said: Clause, near: Clause, theirs: Sequence[Clause]) -> Clause | None:
    """A short clause further on in the sentence that holds what ``near`` lacks of ``said``, and is negated
    where ``said`` is not, or the other way round: "in a tin, never in the fridge"."""
    rest = said.terms.keys() - near.terms.keys()
    return next(
        (
            other
            for other in theirs[theirs.index(near) + 1 :]
            if other.sentence == near.sentence
            and len(other.terms) <= SHORT_CLAUSE
            and other.negated != said.negated
            and rest & other.terms.keys()
        ),
        None,
    )


def _opposite(said: Sequence[Clause], theirs: Sequence[Clause]) -> Disagreement | None:
    for clause in said:
        text = fold(clause.text).text
        for word, contrary in OPPOSITES:
            if not word.search(text) or contrary.search(text):
                continue
            near = nearest(clause_of(word.sub(" ", text)), theirs, SAME_STATEMENT)
            # "Not required" and "optional" agree.
            others = [fold(other.text).text for other in near if other.negated == clause.negated]
            against = any(contrary.search(other) for other in others)
            if against and not any(word.search(other) for other in others):
                return Disagreement("opposite", near[0].text.strip(), certain=True)
    return None


def _names_differ(
    claim: str, together: str, said: Sequence[Clause], theirs: Sequence[Clause]
) -> Disagreement | None:
    terms = set(analysis.tokens(together))
    folded = fold(together).text
    names = names_in(claim)
    missing = [name for name in names if not _is_known(name, terms, folded)]
    if not missing:
        return _subject_differs(claim, terms, theirs)
    own = {fold(name).text for name in names}
    others = (
        name
        for clause in said
        if any(name in clause.text for name in missing)
        for near in nearest(clause_of(_without(clause.text, missing)), theirs, SAME_SUBJECT)
        for name in names_in(near.text)
    )
    return Disagreement("name_missing", missing[0], any(fold(name).text not in own for name in others))


def _subject_differs(claim: str, terms: set[str], theirs: Sequence[Clause]) -> Disagreement | None:
    """The first word may be a name without showing it; the passages say the rest of something else."""
    first = first_capital(claim)
    if not first or not content_terms(first) or terms.intersection(analysis.tokens(first)):
        return None
    rest = clause_of(claim.replace(first, " ", 1))
    near = nearest(rest, theirs, SAME_STATEMENT) if len(rest.terms) >= 2 else []
    others = any(first_capital(other.text) or names_in(other.text) for other in near)
    return Disagreement("name_missing", first, certain=False) if others else None


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return text


def _is_known(name: str, terms: set[str], folded: str) -> bool:
    """Whether the passages hold ``name``, in another form too: Norwegian beside Norway."""
    if fold(name).text in folded or _dotted_begins(name, folded):
        return True
    words = [term for term in analysis.tokens(name) if not analysis.is_dense(term)]
    if not words:
        return False
    return all(
        word in terms or (len(word) >= 5 and any(term.startswith(word[:4]) for term in terms))
        for word in words
    )


def _dotted_begins(name: str, folded: str) -> bool:
    """Where a transliterated name ends is not to be seen: 阿达·霍尔姆是. Two characters behind the dot do."""
    first, dot, rest = fold(name).text.partition("·")
    return bool(dot) and f"{first}·{rest[:2]}" in folded
