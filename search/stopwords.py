"""Words that carry no topic. They are indexed, and left out of questions that hold others."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
    a about after all also am an and any are as at be because been before being between both but by
    can could d did do does doing done during each few for from further had has have having he her
    here hers him his how i if in into is it its itself just ll m may me might more most much must my
    no nor not of off on once only or other our ours out over own re s same shall she should so some
    such t than that the their theirs them then there these they this those through to too under
    until up ve very was we were what when where which while who whom whose why will with would you
    your yours
    """
)

# Single characters of Chinese grammar, and those that questions are made of.
CHINESE_CHARACTERS = frozenset(
    "的了是在吗呢吧啊呀么之与和及或而且其于以为被把将从对就也都又很更最谁哪什怎几个这那有着过地得所"
)

CHINESE_PAIRS = _words(
    """
    什么 甚么 么是 是什 为什 为何 何时 何地 何处 何人 哪里 哪儿 哪个 哪些 哪位 哪种 哪年 哪一 哪几 谁是 是谁
    怎么 怎样 么样 怎么 如何 多少 几个 几年 是否 能否 可否 有没 没有 请问 请告 告诉 诉我 可以 以及 并且
    时候 而且 或者 还是 但是 因为 所以 如果 这个 那个 这些 那些 一个 是多 是哪 是几 在哪 有哪 有多 有几 于哪
    """
)
