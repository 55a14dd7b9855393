"""Qianfan v1 as the site uses it: one token for all processes, in the site's Redis."""

from functools import cache

from django.conf import settings

from llm.ernie import Ernie
from llm.ernie_redis import RedisTokens
from llm.ernie_token import TokenStore
from llm.types import Options


class SiteErnie(Ernie):
    """``Ernie`` with the site's store of tokens."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, site_tokens())


def site_tokens() -> TokenStore:
    return _tokens(str(settings.REDIS_URL))


@cache
def _tokens(url: str) -> TokenStore:
    return RedisTokens(url)
