"""A made-up site to crawl: ``python -m bench.web_pages COUNT`` serves it, and prints its port.

Its pages are English and Chinese, of about 12 KB, with a menu, a side bar, related links, a table here and
there, scripts and styles; all of it from a seed, so that every machine measures the same.
"""

import random
import sys
from functools import cache
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.articles import articles

SECTIONS = 20
_MENU = 24
_RELATED = 12
_CHINESE = (
    "港务局 灯塔 渡轮 船长 潮水 码头 仓库 航线 乘客 行李 票务 天气 风力 海图 浮标 信号 维修 检查 记录 报告 "
    "委员会 工程师 居民 商店 市场 学校 图书馆 博物馆 花园 道路 桥梁 隧道 车站 邮局 医院 消防队 供水 "
    "电力 预算 合同"
).split(" ")
_VERBS = "负责 记录 检查 修复 通知 安排 批准 公布 统计 更新 说明 讨论".split(" ")
_ENDS = "每天上午九点之前 在每个季度末 由值班人员 根据新的规定 与邻近的城镇一起 直到下一次会议".split(" ")
_STYLE = "".join(f".box-{n}{{margin:{n}px;padding:{n % 7}px;border:1px solid #{n:03x}}}" for n in range(60))
_SCRIPT = "".join(f"window.layer=window.layer||[];layer.push(['event',{n},'view']);" for n in range(25))


def path_of(number: int) -> str:
    language = "zh" if number % 3 == 2 else "en"
    return f"/{language}/section-{number % SECTIONS}/page-{number}" if number else "/"


def html(number: int, count: int) -> str:
    random_ = random.Random(number)
    is_chinese = path_of(number).startswith("/zh/")
    title, paragraphs = _chinese(random_, number) if is_chinese else _english(random_, number)
    related = [random_.randrange(count) for _ in range(_RELATED)]
    links = [(number * 2 + step) % count for step in (1, 2)] + related
    menu = "".join(
        f'<li class="depth-1"><a href="{path_of(place % count)}" class="link">Section {place}</a></li>'
        for place in range(1, _MENU + 1)
    )
    aside = "".join(f'<li><a href="{path_of(link)}">Page {link}</a></li>' for link in links)
    rows = "".join(f"<tr><td>{place}</td><td>{random_.randrange(9999)}</td></tr>" for place in range(8))
    table = f"<table><tr><th>No.</th><th>Count</th></tr>{rows}</table>" if number % 4 == 0 else ""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="{"zh-CN" if is_chinese else "en"}"><head><meta charset="utf-8">'
        f"<title>{title} – Harbour</title><style>{_STYLE}</style><script>{_SCRIPT}</script></head><body>"
        f'<header><a href="/">Harbour</a><nav aria-label="Main"><ul>{menu}</ul></nav></header>'
        f"<main><article><h1>{title}</h1>{body}{table}</article></main>"
        f"<aside><h2>Related pages</h2><ul>{aside}</ul></aside><footer><ul>{menu}</ul>"
        "<p>All rights reserved. Privacy. Imprint.</p></footer></body></html>"
    )


@cache
def _articles() -> list[str]:
    return [text for _name, text in articles(40, 3000)]


def _english(random_: random.Random, number: int) -> tuple[str, list[str]]:
    text = _articles()[number % 40].split("\n\n")
    some = [part for part in text if not part.startswith("#")]
    return f"Page {number} about {text[1][3:]}", random_.sample(some, min(len(some), random_.randint(4, 8)))


def _chinese(random_: random.Random, number: int) -> tuple[str, list[str]]:
    def sentence() -> str:
        who, what, other = random_.sample(_CHINESE, 3)
        when, does = random_.choice(_ENDS), random_.choice(_VERBS)
        return f"{who}{when}{does}{what}和{other}的第{random_.randrange(99)}项。"

    paragraphs = ["".join(sentence() for _ in range(random_.randint(4, 9))) for _ in range(6)]
    return f"{random_.choice(_CHINESE)}第{number}号说明", paragraphs


def main() -> None:
    count = int(sys.argv[1])
    pages = {path_of(number): html(number, count).encode() for number in range(count)}
    tags = {path: f'"{blake2b(body, digest_size=8).hexdigest()}"' for path, body in pages.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits for an acknowledgement

        def do_GET(self) -> None:
            body = pages.get(self.path)
            is_known = body is not None and self.headers.get("If-None-Match") == tags[self.path]
            self.send_response(304 if is_known else 404 if body is None else 200)
            sent = b"" if body is None or is_known else body
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if body is not None:
                self.send_header("ETag", tags[self.path])
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
